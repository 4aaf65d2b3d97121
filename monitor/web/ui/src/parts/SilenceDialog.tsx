import { useState } from "preact/hooks";
import { send } from "../api";
import { fromSite, toSite } from "../format";
import { t, word } from "../i18n";
import type { AlertList } from "../types";
import { Checks } from "./Checks";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Form } from "./Form";
import { useRead } from "./read";
import { ScopeFields } from "./Scope";
import { type ChosenScope, isScope, scopeOf } from "./scope";
import { toast } from "./Toast";

const HOUR = 3_600_000;

interface SilenceDialogProps {
  /** What it is about, where one came from something. */
  scope?: ChosenScope;
  rules?: readonly string[];
  onClose: () => void;
}

/** Tells nobody of something for a while; the form is filled in as far as it is known what is meant. */
export function SilenceDialog({ scope, rules: meant = [], onClose }: SilenceDialogProps) {
  const [chosen, setChosen] = useState<ChosenScope>(scope ?? { kind: "nodes", values: [] });
  const [rules, setRules] = useState(meant);
  const [until, setUntil] = useState(() => toSite(Date.now() + HOUR));
  const [note, setNote] = useState("");
  const end = fromSite(until);

  async function begin(): Promise<void> {
    await send("POST", "/silences", { ...scopeOf(chosen), rules, until: end, note: note.trim() });
    toast(t("silence.begun"));
    onClose();
  }

  return (
    <Dialog title={t("silence.begin")} onClose={onClose}>
      <Form
        submit={t("silence.begin")}
        onSubmit={begin}
        disabled={!isScope(chosen) || end === null || note.trim() === ""}
      >
        <p class="second">{t("silence.none_how")}</p>
        <ScopeFields chosen={chosen} onChosen={setChosen} />
        <Rules rules={rules} onRules={setRules} />
        <Field label={t("silence.until")} value={until} onInput={setUntil} type="datetime-local" />
        <Field label={t("silence.reason")} value={note} onInput={setNote} maxLength={500} />
      </Form>
    </Dialog>
  );
}

interface RulesProps {
  rules: readonly string[];
  onRules: (rules: readonly string[]) => void;
}

/** Those of the site; none of them: all. */
function Rules({ rules, onRules }: RulesProps) {
  const { data } = useRead<AlertList>("/alerts", { limit: 1 });
  const known = [...new Set([...(data?.rules ?? []), ...rules])];
  return (
    <Checks
      label={t("silence.rules")}
      options={known.map((each) => [each, word("rule", each)] as const)}
      chosen={rules}
      onChosen={onRules}
    />
  );
}
