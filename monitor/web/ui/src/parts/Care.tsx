import { useState } from "preact/hooks";
import { send } from "../api";
import { fullMoment } from "../format";
import { t, word } from "../i18n";
import { may } from "../session";
import type { Noted } from "../types";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import { Form } from "./Form";
import { toast } from "./Toast";

interface AlertCareProps {
  /** The id of an alert that goes on. */
  alert: string;
  ackedBy: string | null;
  onDone: () => void;
}

/** Acknowledge an alert, or say who is to take care of it; for those who may. */
export function AlertCare({ alert, ackedBy, onDone }: AlertCareProps) {
  const [doing, setDoing] = useState<"ack" | "assign" | null>(null);
  const close = (): void => {
    setDoing(null);
    onDone();
  };
  if (!may("operate")) return null;
  return (
    <>
      {ackedBy === null && (
        <Button kind="main" onClick={() => setDoing("ack")}>
          {t("alerts.ack")}
        </Button>
      )}
      <Button onClick={() => setDoing("assign")}>{t("alerts.assign")}</Button>
      {doing === "ack" && <AckDialog alert={alert} onClose={close} />}
      {doing === "assign" && <AssignDialog alert={alert} onClose={close} />}
    </>
  );
}

function AckDialog({ alert, onClose }: { alert: string; onClose: () => void }) {
  const [note, setNote] = useState("");

  async function ack(): Promise<void> {
    await send("POST", `/alerts/${encodeURIComponent(alert)}/ack`, { note });
    toast(t("alerts.acked"));
    onClose();
  }

  return (
    <Dialog title={t("alerts.ack")} onClose={onClose}>
      <Form submit={t("alerts.ack")} onSubmit={ack}>
        <p class="second">{t("alerts.ack_lead")}</p>
        <Field label={t("alerts.note")} value={note} onInput={setNote} maxLength={500} autoFocus />
      </Form>
    </Dialog>
  );
}

function AssignDialog({ alert, onClose }: { alert: string; onClose: () => void }) {
  const [whom, setWhom] = useState("");
  const [note, setNote] = useState("");

  async function assign(): Promise<void> {
    await send("POST", `/alerts/${encodeURIComponent(alert)}/assign`, { to: whom.trim(), note });
    toast(t("alerts.assigned"));
    onClose();
  }

  return (
    <Dialog title={t("alerts.assign")} onClose={onClose}>
      <Form submit={t("alerts.assign")} onSubmit={assign} disabled={whom.trim() === ""}>
        <Field label={t("alerts.assign_to")} value={whom} onInput={setWhom} maxLength={200} autoFocus />
        <Field label={t("alerts.note")} value={note} onInput={setNote} maxLength={500} />
      </Form>
    </Dialog>
  );
}

/** What people said, and a line to say more. `path`: where a note is sent. */
export function Notes({
  notes,
  path,
  onDone,
}: {
  notes: readonly Noted[];
  path: string;
  onDone: () => void;
}) {
  const [text, setText] = useState("");

  async function add(): Promise<void> {
    await send("POST", path, { note: text.trim() });
    setText("");
    toast(t("outage.noted"));
    onDone();
  }

  return (
    <div class="stack">
      {notes.length === 0 && <p class="second">{t("outage.no_notes")}</p>}
      <ol class="plain">
        {notes.map((each) => (
          <li key={`${each.at}${each.person}${each.kind}`}>
            <time dateTime={each.at} class="second">
              {fullMoment(each.at)}
            </time>{" "}
            <strong>{each.person}</strong> {word("noted", each.kind).replace("{to}", each.to)} {each.text}
          </li>
        ))}
      </ol>
      {may("operate") && (
        <Form submit={t("outage.note")} onSubmit={add} disabled={text.trim() === ""}>
          <Field label={t("alerts.note")} value={text} onInput={setText} maxLength={500} />
        </Form>
      )}
    </div>
  );
}
