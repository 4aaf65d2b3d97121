import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import { Shape } from "../../signs";
import type { AlertList, AlertNow } from "../../types";
import { Details } from "./Details";
import { List } from "./List";
import { Silences } from "./Silences";

type View = "open" | "all" | "silences";

/** What was told and goes on, who takes care of it, and what is to be kept silent. */
export default function AlertsPage({ query }: PageProps) {
  const view = (query.get("view") ?? "open") as View;
  return (
    <Panel>
      <h1 class="unseen">{t("alerts.title")}</h1>
      <Tabs<View>
        label={t("alerts.title")}
        value={view}
        options={[
          ["open", t("alerts.open")],
          ["all", t("alerts.all")],
          ["silences", t("alerts.silences")],
        ]}
        onChange={(next) => go(to("alerts", "", { view: next }), true)}
      >
        {view === "silences" ? <Silences /> : <Alerts isOpen={view === "open"} />}
      </Tabs>
    </Panel>
  );
}

function Alerts({ isOpen }: { isOpen: boolean }) {
  const { data, error, again } = useRead<AlertList>(
    "/alerts",
    { open: isOpen, limit: 500 },
    { every: 30, on: ["alert", "order"] },
  );
  const [shown, setShown] = useState<AlertNow | null>(null);
  return (
    <>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.alerts.length === 0 && (
        <p class="calm">
          <Shape look="up" /> {t("alerts.calm")}
        </p>
      )}
      {data !== null && data.alerts.length > 0 && (
        <List alerts={data.alerts} onShow={setShown} onDone={again} />
      )}
      {shown !== null && <Details id={shown.id} onClose={() => setShown(null)} onDone={again} />}
    </>
  );
}
