import { useState } from "preact/hooks";
import { send } from "../../api";
import { fromSite, fullMoment, toSite } from "../../format";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { PAGE, Pages } from "../../parts/Pages";
import { useRead } from "../../parts/read";
import { isScope, ScopeFields, scopeOf, scopeText, type TypedScope } from "../../parts/Scope";
import { type Column, Table } from "../../parts/Table";
import { toast, toastProblem } from "../../parts/Toast";
import { may } from "../../session";
import type { Silence, SilenceList } from "../../types";

const HOUR = 3_600_000;

/** What nobody is told of for a while; it begins and ends here. */
export function Silences() {
  const [offset, setOffset] = useState(0);
  const page = { limit: PAGE, offset };
  const { data, again } = useRead<SilenceList>("/silences", page, { every: 30, on: ["order"] });
  const [isAsking, setAsking] = useState(false);

  async function end(silence: Silence): Promise<void> {
    try {
      await send("DELETE", `/silences/${encodeURIComponent(silence.id)}`);
      toast(t("silence.ended"));
      again();
    } catch (error) {
      toastProblem(error);
    }
  }

  const columns: Column<Silence>[] = [
    { key: "scope", head: t("silence.scope"), cell: (each) => scopeText(each.scope) },
    {
      key: "rules",
      head: t("silence.rules"),
      cell: (each) => each.rules.join(", ") || t("common.all"),
      minor: true,
    },
    {
      key: "until",
      head: t("silence.until"),
      cell: (each) => fullMoment(each.until),
      by: (each) => each.until,
    },
    { key: "note", head: t("silence.reason"), cell: (each) => each.note },
    { key: "person", head: t("silence.by"), cell: (each) => each.person },
    {
      key: "end",
      head: "",
      cell: (each) => may("operate") && <Button onClick={() => void end(each)}>{t("silence.end")}</Button>,
    },
  ];
  return (
    <div class="stack">
      {may("operate") && (
        <div>
          <Button onClick={() => setAsking(true)}>{t("silence.begin")}</Button>
        </div>
      )}
      {data?.silences.length === 0 && <Empty title={t("silence.none")}>{t("silence.none_how")}</Empty>}
      {data !== null && data.silences.length > 0 && (
        <Table
          caption={t("alerts.silences")}
          columns={columns}
          rows={data.silences}
          keyOf={(each) => each.id}
        />
      )}
      {data !== null && <Pages offset={offset} total={data.total} onMove={setOffset} />}
      {isAsking && (
        <Begin
          onClose={() => {
            setAsking(false);
            again();
          }}
        />
      )}
    </div>
  );
}

function Begin({ onClose }: { onClose: () => void }) {
  const [typed, setTyped] = useState<TypedScope>({ kind: "nodes", values: "" });
  const [rules, setRules] = useState("");
  const [until, setUntil] = useState(() => toSite(Date.now() + HOUR));
  const [note, setNote] = useState("");
  const end = fromSite(until);

  async function begin(): Promise<void> {
    await send("POST", "/silences", {
      ...scopeOf(typed),
      rules: rules.split(/[\s,;]+/).filter((each) => each !== ""),
      until: end,
      note: note.trim(),
    });
    toast(t("silence.begun"));
    onClose();
  }

  return (
    <Dialog title={t("silence.begin")} onClose={onClose}>
      <Form
        submit={t("silence.begin")}
        onSubmit={begin}
        disabled={!isScope(typed) || end === null || note.trim() === ""}
      >
        <p class="second">{t("silence.none_how")}</p>
        <ScopeFields typed={typed} onTyped={setTyped} />
        <Field label={t("silence.rules")} value={rules} onInput={setRules} maxLength={500} />
        <Field label={t("silence.until")} value={until} onInput={setUntil} type="datetime-local" />
        <Field label={t("silence.reason")} value={note} onInput={setNote} maxLength={500} />
      </Form>
    </Dialog>
  );
}
