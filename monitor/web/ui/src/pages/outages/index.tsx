import { number } from "../../format";
import { t } from "../../i18n";
import { overview } from "../../live";
import { Choice } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { useRegions } from "../../parts/regions";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import { Shape } from "../../signs";
import type { OutageList } from "../../types";
import { List } from "./List";
import { questionOf, type View, viewOf } from "./query";

/** What is down for one common reason: now by how much it takes, and before. */
export default function OutagesPage({ query }: PageProps) {
  const view = viewOf(query.get("view"));
  const region = query.get("region") ?? "";
  const network = query.get("network") ?? "";
  const ask = (part: Record<string, string>): void =>
    go(to("outages", "", { view, region, network, ...part }), true);
  return (
    <Panel>
      <h1 class="unseen">{t("outages.title")}</h1>
      <Filters region={region} network={network} onAsk={ask} />
      <Tabs<View>
        label={t("outages.title")}
        value={view}
        options={[
          ["open", t("outages.open")],
          ["7", `${t("outages.past")} · ${t("outages.days", { n: 7 })}`],
          ["30", `${t("outages.past")} · ${t("outages.days", { n: 30 })}`],
        ]}
        onChange={(next) => ask({ view: next })}
      >
        <Outages key={view} view={view} region={region} network={network} />
      </Tabs>
    </Panel>
  );
}

interface FilterProps {
  region: string;
  network: string;
  onAsk: (part: Record<string, string>) => void;
}

function Filters({ region, network, onAsk }: FilterProps) {
  const regions = useRegions() ?? [];
  const networks = overview.value?.networks ?? [];
  return (
    <div class="bar filters">
      <Choice
        label={t("common.region")}
        value={region}
        options={[["", t("nodes.any_region")], ...regions.map((each) => [each.code, each.name] as const)]}
        onChange={(next) => onAsk({ region: next })}
      />
      <Choice
        label={t("common.network")}
        value={network}
        options={[["", t("nodes.any_network")], ...networks.map((each) => [each.id, each.name] as const)]}
        onChange={(next) => onAsk({ network: next })}
      />
    </div>
  );
}

interface OutagesProps {
  view: View;
  region: string;
  network: string;
}

function Outages({ view, region, network }: OutagesProps) {
  const { data, error, isStale } = useRead<OutageList>(
    "/outages",
    { ...questionOf(view, Date.now()), region, network, limit: 1000 },
    { every: 30, on: ["outage", "order", "alert"] },
  );
  const isOpen = view === "open";
  return (
    <div class={isStale ? "stale" : ""}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.outages.length === 0 && (
        <p class="calm">
          <Shape look="up" /> {t(isOpen ? "outages.calm" : "outages.none")}
        </p>
      )}
      {data !== null && data.outages.length > 0 && (
        <>
          <p class="second" role="status">
            {t("common.total", { n: number(data.total) })}
          </p>
          <List outages={data.outages} isOpen={isOpen} />
        </>
      )}
    </div>
  );
}
