import { useState } from "preact/hooks";
import { send } from "../../api";
import { fromSite, toSite } from "../../format";
import { t } from "../../i18n";
import { overview } from "../../live";
import { Dialog } from "../../parts/Dialog";
import { Choice, Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { ScopeFields, useOptions } from "../../parts/Scope";
import { Several } from "../../parts/Several";
import { type ChosenScope, isScope, scopeOf } from "../../parts/scope";
import { toast } from "../../parts/Toast";

const HOUR = 3_600_000;
const REASONS = ["planned_work", "mains_power", "road_works", "relocation", "force_majeure"] as const;
const STATES = ["up", "degraded", "down", "unknown"] as const;

interface AskProps {
  /** Which node is meant, where one came from its page. */
  node: string;
  onClose: () => void;
}

/** Ask for time to be left out. */
export function Ask({ node, onClose }: AskProps) {
  const [chosen, setChosen] = useState<ChosenScope>({ kind: "nodes", values: node === "" ? [] : [node] });
  const [span, setSpan] = useSpan(0, 2 * HOUR);
  const [reason, setReason] = useState<(typeof REASONS)[number]>("planned_work");
  const [note, setNote] = useState("");

  async function ask(): Promise<void> {
    await send("POST", "/maintenance", { ...scopeOf(chosen), ...apiSpan(span), reason, note: note.trim() });
    toast(t("maintenance.done_ask"));
    onClose();
  }

  return (
    <Dialog title={t("maintenance.ask")} onClose={onClose}>
      <Form
        submit={t("maintenance.ask")}
        onSubmit={ask}
        disabled={!isScope(chosen) || !isSpan(span) || note.trim() === ""}
      >
        <ScopeFields chosen={chosen} onChosen={setChosen} />
        <SpanFields span={span} onSpan={setSpan} />
        <Choice
          label={t("maintenance.reason")}
          value={reason}
          options={REASONS.map((each) => [each, t(`reason.${each}`)] as const)}
          onChange={setReason}
        />
        <Field label={t("maintenance.note")} value={note} onInput={setNote} maxLength={500} />
      </Form>
    </Dialog>
  );
}

/** Ask for a state of the past to be put right; both numbers are kept. */
export function Correct({ node, onClose }: AskProps) {
  const networks = overview.value?.networks ?? [];
  const [meant, setMeant] = useState<readonly string[]>(node === "" ? [] : [node]);
  const nodes = useOptions("nodes");
  const [network, setNetwork] = useState(networks[0]?.id ?? "");
  const [span, setSpan] = useSpan(-2 * HOUR, -HOUR);
  const [state, setState] = useState<(typeof STATES)[number]>("up");
  const [note, setNote] = useState("");

  async function ask(): Promise<void> {
    const wish = { node: meant[0], network, ...apiSpan(span), state, note: note.trim() };
    await send("POST", "/corrections", wish);
    toast(t("maintenance.done_ask"));
    onClose();
  }

  return (
    <Dialog title={t("maintenance.correct")} onClose={onClose}>
      <Form
        submit={t("maintenance.correct")}
        onSubmit={ask}
        disabled={meant.length === 0 || !isSpan(span) || note.trim() === ""}
      >
        <Several label={t("maintenance.node")} values={meant} onValues={setMeant} options={nodes} single />
        <Choice
          label={t("maintenance.network")}
          value={network}
          options={networks.map((each) => [each.id, each.name] as const)}
          onChange={setNetwork}
        />
        <SpanFields span={span} onSpan={setSpan} />
        <Choice
          label={t("maintenance.state")}
          value={state}
          options={STATES.map((each) => [each, t(`state.${each}`)] as const)}
          onChange={setState}
        />
        <Field label={t("maintenance.note")} value={note} onInput={setNote} maxLength={500} />
      </Form>
    </Dialog>
  );
}

interface Span {
  start: string;
  end: string;
}

function useSpan(from: number, to: number): [Span, (span: Span) => void] {
  return useState<Span>(() => ({ start: toSite(Date.now() + from), end: toSite(Date.now() + to) }));
}

function isSpan(span: Span): boolean {
  return fromSite(span.start) !== null && fromSite(span.end) !== null && span.start < span.end;
}

function apiSpan(span: Span): { start: string | null; end: string | null } {
  return { start: fromSite(span.start), end: fromSite(span.end) };
}

function SpanFields({ span, onSpan }: { span: Span; onSpan: (span: Span) => void }) {
  return (
    <div class="bar">
      <Field
        label={t("maintenance.start")}
        value={span.start}
        onInput={(start) => onSpan({ ...span, start })}
        type="datetime-local"
      />
      <Field
        label={t("maintenance.stop")}
        value={span.end}
        onInput={(end) => onSpan({ ...span, end })}
        type="datetime-local"
      />
    </div>
  );
}
