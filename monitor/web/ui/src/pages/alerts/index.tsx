import { useState } from "preact/hooks";
import { number } from "../../format";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { offsetOf } from "../../parts/pages";
import { useRead } from "../../parts/read";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import { Shape } from "../../signs";
import type { AlertList, AlertNow } from "../../types";
import { Details } from "./Details";
import { Filters } from "./Filters";
import { List } from "./List";
import { askedOf, PAGE, type View, viewOf } from "./query";
import { Silences } from "./Silences";

/** What was told and goes on, who takes care of it, and what is to be kept silent. */
export default function AlertsPage({ query }: PageProps) {
  const view = viewOf(query.get("view"));
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
        onChange={(next) => go(to("alerts", "", { ...askedOf(query), view: next }), true)}
      >
        {view === "silences" ? <Silences /> : <Alerts key={view} view={view} query={query} />}
      </Tabs>
    </Panel>
  );
}

/** One page of those that are asked for; filters and page stand in the address. */
function Alerts({ view, query }: { view: View; query: URLSearchParams }) {
  const asked = askedOf(query);
  const offset = offsetOf(query.get("offset"), PAGE);
  const { data, error, again, isStale } = useRead<AlertList>(
    "/alerts",
    { ...asked, open: view === "open", limit: PAGE, offset },
    { every: 30, on: ["alert", "order"] },
  );
  const [shown, setShown] = useState<AlertNow | null>(null);
  const ask = (part: Record<string, string>): void => go(to("alerts", "", { view, ...asked, ...part }), true);
  return (
    <div class={isStale ? "stale" : ""}>
      <Filters asked={asked} rules={data?.rules ?? []} onAsk={ask} />
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.total === 0 && (
        <p class="calm">
          <Shape look="up" /> {t(view === "open" ? "alerts.calm" : "alerts.none")}
        </p>
      )}
      {data !== null && data.total > 0 && (
        <>
          <p class="second" role="status">
            {t("common.total", { n: number(data.total) })}
          </p>
          <List alerts={data.alerts} onShow={setShown} onDone={again} />
          <Pages
            size={PAGE}
            offset={offset}
            total={data.total}
            onMove={(next) => ask({ offset: `${next}` })}
          />
        </>
      )}
      {shown !== null && <Details id={shown.id} onClose={() => setShown(null)} onDone={again} />}
    </div>
  );
}
