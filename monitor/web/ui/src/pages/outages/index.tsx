import { ago, exactSpan, fullMoment, millis, number } from "../../format";
import { causeText, t } from "../../i18n";
import { Choice } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { careText, outageName } from "../../parts/outage";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { useRegions } from "../../parts/regions";
import { type Column, Table } from "../../parts/Table";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import { Shape } from "../../signs";
import type { OutageList, OutageNow } from "../../types";

type View = "open" | "7" | "30";
const DAY = 86_400_000;

/** What is down for one common reason: now by how much it takes, and before. */
export default function OutagesPage({ query }: PageProps) {
  const view = (query.get("view") ?? "open") as View;
  const region = query.get("region") ?? "";
  const isOpen = view === "open";
  const days = Number(view) || 0;
  // To the minute: a question that differed each time would be asked at every stroke.
  const since = isOpen ? null : new Date(Math.floor(Date.now() / 60_000) * 60_000 - days * DAY).toISOString();
  const { data, error, isStale } = useRead<OutageList>(
    "/outages",
    { open: isOpen, since, region, limit: 1000 },
    { every: 30, on: ["outage", "order", "alert"] },
  );
  const ask = (part: Record<string, string>): void =>
    go(to("outages", "", { ...Object.fromEntries(query), ...part }), true);

  return (
    <Panel stale={isStale}>
      <h1 class="unseen">{t("outages.title")}</h1>
      <Regions region={region} onRegion={(next) => ask({ region: next })} />
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
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {data === null && error === null && <Loading />}
        {data?.outages.length === 0 && (
          <p class="calm">
            <Shape look="up" /> {t(isOpen ? "outages.calm" : "outages.none")}
          </p>
        )}
        {data !== null && data.outages.length > 0 && <List outages={data.outages} isOpen={isOpen} />}
      </Tabs>
    </Panel>
  );
}

function Regions({ region, onRegion }: { region: string; onRegion: (region: string) => void }) {
  const regions = useRegions() ?? [];
  return (
    <Choice
      label={t("common.region")}
      value={region}
      options={[["", t("nodes.any_region")], ...regions.map((each) => [each.code, each.name] as const)]}
      onChange={onRegion}
    />
  );
}

function lasted(outage: OutageNow): number | null {
  const end = millis(outage.ended_at);
  const start = millis(outage.since);
  return end === null || start === null ? null : (end - start) / 1000;
}

function List({ outages, isOpen }: { outages: readonly OutageNow[]; isOpen: boolean }) {
  const columns: Column<OutageNow>[] = [
    {
      key: "root",
      head: t("outages.root"),
      cell: (each) => (
        <>
          <Shape look={each.kind === "observer" ? "unknown" : each.excluded ? "maintenance" : "down"} />{" "}
          <a href={to("outage", each.id)}>{outageName(each)}</a>
        </>
      ),
      by: outageName,
    },
    {
      key: "region",
      head: t("common.region"),
      cell: (each) => each.region_name,
      by: (each) => each.region_name,
    },
    { key: "network", head: t("common.network"), cell: (each) => each.network, minor: true },
    { key: "cause", head: t("common.cause"), cell: (each) => causeText(each.cause), minor: true },
    {
      key: "affected",
      head: t("outages.affected"),
      cell: (each) => number(each.affected),
      by: (each) => each.affected,
      right: true,
    },
    {
      key: "since",
      head: isOpen ? t("common.for") : t("outages.lasted"),
      cell: (each) => (
        <span title={fullMoment(each.since)}>{isOpen ? ago(each.since) : exactSpan(lasted(each))}</span>
      ),
      by: (each) => (isOpen ? each.since : lasted(each)),
      right: true,
    },
    ...(isOpen
      ? [{ key: "care", head: t("outages.care"), cell: careText, minor: true }]
      : [
          {
            key: "ended",
            head: t("outages.ended"),
            cell: (each: OutageNow) => fullMoment(each.ended_at),
            by: (each: OutageNow) => each.ended_at,
            minor: true,
          },
        ]),
    { key: "contractor", head: t("common.contractor"), cell: (each) => each.contractor, minor: true },
  ];
  return (
    <Table
      caption={t("outages.title")}
      columns={columns}
      rows={outages}
      keyOf={(each) => each.id}
      onOpen={(each) => go(to("outage", each.id))}
    />
  );
}
