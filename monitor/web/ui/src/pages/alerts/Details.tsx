import { useState } from "preact/hooks";
import { fullMoment } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Notes } from "../../parts/Care";
import { Dialog } from "../../parts/Dialog";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { isCamera } from "../../parts/nodes";
import { useRead } from "../../parts/read";
import { SilenceDialog } from "../../parts/SilenceDialog";
import { scopeOfAlert } from "../../parts/scope";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { may } from "../../session";
import type { AlertNow, AlertStory, Delivery } from "../../types";

/** Whom an alert reached and whom not, and what was said of it. */
export function Details({ id, onClose, onDone }: { id: string; onClose: () => void; onDone: () => void }) {
  const path = `/alerts/${encodeURIComponent(id)}`;
  const { data, error, again } = useRead<AlertStory>(path, {}, { on: ["alert", "order"] });
  return (
    <Dialog title={data?.alert.title ?? t("alerts.details")} onClose={onClose} wide>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && (
        <div class="stack">
          {data.alert.resolved_at === null && <SilenceIt alert={data.alert} onDone={onDone} />}
          <h3>{t("outage.notes")}</h3>
          <Notes
            notes={data.notes}
            path={`${path}/note`}
            onDone={() => {
              again();
              onDone();
            }}
          />
          <h3>{t("alerts.deliveries")}</h3>
          <Deliveries deliveries={data.deliveries} />
        </div>
      )}
    </Dialog>
  );
}

/** Silence what this alert is about, by its rule; for those who may. */
function SilenceIt({ alert, onDone }: { alert: AlertNow; onDone: () => void }) {
  const [isAsking, setAsking] = useState(false);
  if (!may("operate")) return null;
  return (
    <div>
      <Button onClick={() => setAsking(true)}>{t("silence.this")}</Button>
      {isAsking && (
        <SilenceDialog
          scope={scopeOfAlert(alert, alert.node !== null && isCamera(alert.node))}
          rules={[alert.rule]}
          onClose={() => {
            setAsking(false);
            onDone();
          }}
        />
      )}
    </div>
  );
}

function Deliveries({ deliveries }: { deliveries: readonly Delivery[] }) {
  if (deliveries.length === 0) return <p class="second">{t("alerts.no_deliveries")}</p>;
  const columns: Column<Delivery>[] = [
    { key: "at", head: t("common.time"), cell: (each) => fullMoment(each.at) },
    { key: "channel", head: t("alerts.channel"), cell: (each) => each.channel },
    { key: "outcome", head: t("alerts.outcome"), cell: (each) => word("delivery", each.outcome) },
    { key: "error", head: t("common.note"), cell: (each) => each.error },
  ];
  return (
    <Table
      caption={t("alerts.deliveries")}
      columns={columns}
      rows={deliveries}
      keyOf={(each) => `${each.at}${each.channel}${each.outcome}`}
    />
  );
}
