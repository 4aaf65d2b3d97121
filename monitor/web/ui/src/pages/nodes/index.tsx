import { useState } from "preact/hooks";
import { age, fullMoment, number } from "../../format";
import { classText, kindText, t } from "../../i18n";
import { board, overview } from "../../live";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Choice, Field } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { networkName } from "../../parts/networks";
import { Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { offsetOf } from "../../parts/pages";
import { useRead } from "../../parts/read";
import { useRegions } from "../../parts/regions";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import { Sign } from "../../signs";
import type { WatchList, WatchNow } from "../../types";
import { type Asked, askedOf, PAGE } from "./query";

const KINDS = ["camera", "recorder", "switch", "platform", "gateway", "centre"] as const;
const STATES = ["down", "degraded", "unknown", "up"] as const;
const CLASSES = ["1", "2", "3", "9"] as const;

const COLUMNS = (): Column<WatchNow>[] => [
  {
    key: "state",
    head: t("common.state"),
    cell: (each) => (
      <Sign state={each.state} upstream={each.upstream} excluded={each.excluded} cause={each.cause} />
    ),
    sortable: true,
  },
  {
    key: "name",
    head: t("common.name"),
    main: true,
    cell: (each) => <a href={to("node", each.node)}>{each.name}</a>,
    sortable: true,
  },
  { key: "node", head: "ID", cell: (each) => <code>{each.node}</code>, sortable: true, minor: true },
  { key: "network", head: t("common.network"), cell: (each) => networkName(each.network), minor: true },
  { key: "kind", head: t("common.kind"), cell: (each) => kindText(each.kind), minor: true },
  { key: "region", head: t("common.region"), cell: (each) => each.region_name },
  { key: "contractor", head: t("common.contractor"), cell: (each) => each.contractor, minor: true },
  {
    key: "since",
    head: t("common.for"),
    cell: (each) => <span title={fullMoment(each.since)}>{age(each.since)}</span>,
    sortable: true,
    right: true,
  },
];

/** All watches; filters and order stand in the address. */
export default function NodesPage({ query }: PageProps) {
  const asked = askedOf(query);
  const offset = offsetOf(asked.offset, PAGE);
  const { data, error, isStale } = useRead<WatchList>(
    "/nodes",
    { ...asked, limit: PAGE, offset },
    { every: 10, on: ["board", "decision"] },
  );
  const ask = (part: Asked): void => go(to("nodes", "", { ...asked, offset: "", ...part }), true);

  return (
    <Panel stale={isStale}>
      <h1 class="unseen">{t("nodes.title")}</h1>
      <Filters key={asked.q ?? ""} asked={asked} onAsk={ask} />
      {asked.parent !== undefined && (
        <p class="bar">
          {t("nodes.behind", { node: asked.parent })}
          <Button kind="quiet" onClick={() => ask({ parent: "" })}>
            {t("nodes.behind_any")}
          </Button>
        </p>
      )}
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.total === 0 && <Empty title={t("nodes.empty")}>{t("nodes.empty_how")}</Empty>}
      {data !== null && data.total > 0 && (
        <>
          <p class="second" role="status">
            {t("common.total", { n: number(data.total) })}
          </p>
          <Table
            caption={t("nodes.title")}
            columns={COLUMNS()}
            rows={data.nodes}
            keyOf={(each) => `${each.network}/${each.node}`}
            sort={asked.sort ?? "node"}
            onSort={(sort) => ask({ sort })}
            onOpen={(each) => go(to("node", each.node))}
          />
          <Pages
            size={PAGE}
            offset={offset}
            total={data.total}
            onMove={(next) => ask({ offset: `${next}` })}
          />
        </>
      )}
    </Panel>
  );
}

interface FilterProps {
  asked: Asked;
  onAsk: (part: Asked) => void;
}

function Filters({ asked, onAsk }: FilterProps) {
  const [typed, setTyped] = useState(asked.q ?? "");
  const regions = useRegions() ?? [];
  const networks = overview.value?.networks ?? [];
  const contractors = board.value?.contractors.filter((each) => each !== "") ?? [];
  return (
    <form
      class="bar filters"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk({ q: typed });
      }}
    >
      <Field label={t("nodes.text")} value={typed} onInput={setTyped} type="search" maxLength={100} />
      <Choice
        label={t("common.state")}
        value={asked.state ?? ""}
        options={[["", t("nodes.any_state")], ...STATES.map((each) => [each, t(`state.${each}`)] as const)]}
        onChange={(state) => onAsk({ state })}
      />
      <Choice
        label={t("common.network")}
        value={asked.network ?? ""}
        options={[["", t("nodes.any_network")], ...networks.map((each) => [each.id, each.name] as const)]}
        onChange={(network) => onAsk({ network })}
      />
      <Choice
        label={t("common.region")}
        value={asked.region ?? ""}
        options={[["", t("nodes.any_region")], ...regions.map((each) => [each.code, each.name] as const)]}
        onChange={(region) => onAsk({ region })}
      />
      <Choice
        label={t("common.kind")}
        value={asked.kind ?? ""}
        options={[["", t("nodes.any_kind")], ...KINDS.map((each) => [each, kindText(each)] as const)]}
        onChange={(kind) => onAsk({ kind })}
      />
      <Choice
        label={t("common.class")}
        value={asked.point_class ?? ""}
        options={[["", t("nodes.any_class")], ...CLASSES.map((each) => [each, classText(each)] as const)]}
        onChange={(point_class) => onAsk({ point_class })}
      />
      <Choice
        label={t("common.contractor")}
        value={asked.contractor ?? ""}
        options={[["", t("nodes.any_contractor")], ...contractors.map((each) => [each, each] as const)]}
        onChange={(contractor) => onAsk({ contractor })}
      />
      <Button type="submit">{t("common.search")}</Button>
      <Button kind="quiet" onClick={() => go(to("nodes"), true)}>
        {t("nodes.clear")}
      </Button>
    </form>
  );
}
