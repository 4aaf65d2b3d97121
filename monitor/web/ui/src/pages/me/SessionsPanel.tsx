import { useState } from "preact/hooks";
import { send } from "../../api";
import { ago, moment } from "../../format";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import type { OwnSession, OwnSessions } from "../../types";
import { browserText } from "./browser";

const PATH = "/session/sessions";
const EVERY = 60;

/** Where one is logged in: a session that one does not know is ended here. */
export function SessionsPanel() {
  const { data, error, again } = useRead<OwnSessions>(PATH, {}, { every: EVERY });
  const [ending, setEnding] = useState<OwnSession | "others" | null>(null);
  const close = (): void => {
    setEnding(null);
    again();
  };
  const others = data?.sessions.filter((each) => !each.here).length ?? 0;
  return (
    <Panel
      title={t("sessions.title")}
      aside={others > 1 && <Button onClick={() => setEnding("others")}>{t("sessions.end_others")}</Button>}
    >
      <p class="second">{t("sessions.lead")}</p>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && <Sessions sessions={data.sessions} onEnd={setEnding} />}
      {ending === "others" && (
        <Sure
          title={t("sessions.end_others")}
          onSure={() => send("DELETE", PATH)}
          done={t("sessions.ended")}
          onClose={close}
        >
          {t("sessions.end_others_sure", { n: others })}
        </Sure>
      )}
      {ending !== null && ending !== "others" && (
        <Sure
          title={t("sessions.end")}
          onSure={() => send("DELETE", `${PATH}/${encodeURIComponent(ending.id)}`)}
          done={t("sessions.ended")}
          onClose={close}
        >
          {t("sessions.end_sure", { browser: nameOf(ending), address: ending.address })}
        </Sure>
      )}
    </Panel>
  );
}

const nameOf = (each: OwnSession): string => browserText(each.browser) || t("sessions.unknown");

interface SessionsProps {
  sessions: readonly OwnSession[];
  onEnd: (session: OwnSession) => void;
}

function Sessions({ sessions, onEnd }: SessionsProps) {
  const columns: Column<OwnSession>[] = [
    {
      key: "browser",
      head: t("sessions.browser"),
      cell: (each) => <span title={each.browser}>{nameOf(each)}</span>,
      by: nameOf,
    },
    { key: "address", head: t("sessions.address"), cell: (each) => each.address, by: (each) => each.address },
    {
      key: "since",
      head: t("sessions.since"),
      cell: (each) => moment(each.made_at),
      by: (each) => each.made_at,
      minor: true,
    },
    {
      key: "used",
      head: t("sessions.used"),
      cell: (each) => (each.here ? <strong>{t("sessions.here")}</strong> : ago(each.used_at)),
      by: (each) => each.used_at,
    },
    {
      key: "end",
      head: "",
      cell: (each) =>
        !each.here && (
          <Button kind="quiet" onClick={() => onEnd(each)}>
            {t("sessions.end")}
          </Button>
        ),
    },
  ];
  return <Table caption={t("sessions.title")} columns={columns} rows={sessions} keyOf={(each) => each.id} />;
}
