import { useState } from "preact/hooks";
import { send } from "../../api";
import { now } from "../../clock";
import { lang, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Check, Choice, Field } from "../../parts/Field";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { problemText } from "../../problem";
import type { Preview, ReportJob } from "../../types";
import { Figures } from "./Figures";
import { Job } from "./Job";
import { type By, type Chosen, isWhole, questionOf, type When } from "./question";

type Form = "xlsx" | "pdf" | "csv" | "json";
const FORMS: readonly Form[] = ["xlsx", "pdf", "csv", "json"];
const WHENS: readonly When[] = ["last_month", "this_month", "month", "span"];
const BYS: readonly By[] = ["county", "town", "class", "contractor", "network", "node"];

/** What report is wanted; its figures before it is made; and its making. */
export function Ask({ firstMonth, onMade }: { firstMonth: string; onMade: () => void }) {
  const [chosen, setChosen] = useState<Chosen>({
    when: "this_month",
    month: firstMonth,
    from: "",
    to: "",
    by: "county",
    scope: "",
  });
  const [forms, setForms] = useState<readonly Form[]>(["xlsx", "pdf"]);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [job, setJob] = useState<ReportJob | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  async function run(work: () => Promise<void>): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await work();
    } catch (caught) {
      setError(caught); // shown below the form
    } finally {
      setBusy(false);
    }
  }

  const question = () => questionOf(chosen, lang.value, now.peek());
  const look = () => run(async () => setPreview(await send<Preview>("POST", "/reports/preview", question())));
  const make = () =>
    run(async () => setJob(await send<ReportJob>("POST", "/reports", { ...question(), forms })));
  const isReady = isWhole(chosen) && !isBusy;

  return (
    <Panel title={t("reports.ask")}>
      <div class="stack">
        <Fields chosen={chosen} onChosen={setChosen} />
        <div class="bar">
          <Button busy={isBusy} disabled={!isReady} onClick={() => void look()}>
            {t("reports.preview")}
          </Button>
          <Forms forms={forms} onForms={setForms} />
          <Button
            kind="main"
            busy={isBusy}
            disabled={!isReady || forms.length === 0}
            onClick={() => void make()}
          >
            {t("reports.make")}
          </Button>
        </div>
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {job !== null && <Job key={job.id} first={job} onMade={onMade} />}
        {preview !== null && <Figures preview={preview} />}
      </div>
    </Panel>
  );
}

function Fields({ chosen, onChosen }: { chosen: Chosen; onChosen: (chosen: Chosen) => void }) {
  const set = (part: Partial<Chosen>): void => onChosen({ ...chosen, ...part });
  return (
    <div class="bar">
      <Choice<When>
        label={t("reports.period")}
        value={chosen.when}
        options={WHENS.map((each) => [each, t(`reports.${each}`)] as const)}
        onChange={(when) => set({ when })}
      />
      {chosen.when === "month" && (
        <Field
          label={t("reports.month")}
          value={chosen.month}
          onInput={(month) => set({ month })}
          type="month"
        />
      )}
      {chosen.when === "span" && (
        <>
          <Field
            label={t("reports.from")}
            value={chosen.from}
            onInput={(from) => set({ from })}
            type="date"
          />
          <Field label={t("reports.to")} value={chosen.to} onInput={(to) => set({ to })} type="date" />
        </>
      )}
      <Choice<By>
        label={t("reports.by")}
        value={chosen.by}
        options={BYS.map((each) => [each, t(`by.${each}`)] as const)}
        onChange={(by) => set({ by })}
      />
      <Field
        label={t("reports.scope")}
        value={chosen.scope}
        onInput={(scope) => set({ scope })}
        hint={t("reports.scope_hint")}
        maxLength={1000}
      />
    </div>
  );
}

function Forms({ forms, onForms }: { forms: readonly Form[]; onForms: (forms: readonly Form[]) => void }) {
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
