import { t } from "../../i18n";
import { Check, Choice, Field } from "../../parts/Field";
import { useOptions } from "../../parts/Scope";
import { Several } from "../../parts/Several";
import type { By, Chosen, What, When } from "./question";

export type Form = "xlsx" | "pdf" | "csv" | "json";

const FORMS: readonly Form[] = ["xlsx", "pdf", "csv", "json"];
const WHENS: readonly When[] = ["last_month", "this_month", "month", "span"];
const WHATS: readonly What[] = ["class1", "class2", "class3", "all"];
const BYS: readonly By[] = ["county", "town", "class", "contractor", "network", "node"];

interface ChoosingProps {
  chosen: Chosen;
  onChosen: (part: Partial<Chosen>) => void;
}

/** Of when, of what, grouped by what, in which language. */
export function Fields({ chosen, onChosen }: ChoosingProps) {
  const regions = useOptions("regions");
  const networks = useOptions("networks");
  const contractors = useOptions("contractors");
  const nodes = useOptions("nodes");
  return (
    <div class="bar ask">
      <Choice<When>
        label={t("reports.period")}
        value={chosen.when}
        options={WHENS.map((each) => [each, t(`reports.${each}`)] as const)}
        onChange={(when) => onChosen({ when })}
      />
      <Dates chosen={chosen} onChosen={onChosen} />
      <Choice<What>
        label={t("reports.what")}
        value={chosen.what}
        options={WHATS.map((each) => [each, t(`reports.${each}`)] as const)}
        onChange={(what) => onChosen({ what })}
      />
      <Choice
        label={t("common.region")}
        value={chosen.region}
        options={[["", t("common.all")], ...regions]}
        onChange={(region) => onChosen({ region })}
      />
      <Choice
        label={t("common.network")}
        value={chosen.network}
        options={[["", t("common.all")], ...networks]}
        onChange={(network) => onChosen({ network })}
      />
      <Choice
        label={t("common.contractor")}
        value={chosen.contractor}
        options={[["", t("common.all")], ...contractors]}
        onChange={(contractor) => onChosen({ contractor })}
      />
      <Choice<By>
        label={t("reports.by")}
        value={chosen.by}
        options={BYS.map((each) => [each, t(`by.${each}`)] as const)}
        onChange={(by) => onChosen({ by })}
      />
      <Choice<Chosen["language"]>
        label={t("reports.language")}
        value={chosen.language}
        options={[
          ["zh", "中文"],
          ["en", "English"],
        ]}
        onChange={(language) => onChosen({ language })}
      />
      <Several
        label={t("reports.nodes")}
        values={chosen.nodes}
        onValues={(next) => onChosen({ nodes: next })}
        options={nodes}
      />
    </div>
  );
}

function Dates({ chosen, onChosen }: ChoosingProps) {
  if (chosen.when === "month") {
    return (
      <Field
        label={t("reports.month")}
        value={chosen.month}
        onInput={(month) => onChosen({ month })}
        type="month"
      />
    );
  }
  if (chosen.when !== "span") return null;
  return (
    <>
      <Field
        label={t("reports.from")}
        value={chosen.from}
        onInput={(from) => onChosen({ from })}
        type="date"
      />
      <Field label={t("reports.to")} value={chosen.to} onInput={(to) => onChosen({ to })} type="date" />
    </>
  );
}

/** As which files. */
export function Forms({
  forms,
  onForms,
}: {
  forms: readonly Form[];
  onForms: (forms: readonly Form[]) => void;
}) {
  return (
    <fieldset class="bar forms">
      <legend class="unseen">{t("reports.forms")}</legend>
      {FORMS.map((form) => (
        <Check
          key={form}
          label={form.toUpperCase()}
          checked={forms.includes(form)}
          onChange={(isOn) => onForms(FORMS.filter((each) => (each === form ? isOn : forms.includes(each))))}
        />
      ))}
    </fieldset>
  );
}
