import { age, exactSpan, fullMoment, millis, number } from "../../format";
import { causeText, t } from "../../i18n";
import { networkName } from "../../parts/networks";
import { careText, outageLook, outageName } from "../../parts/outage";
import { type Column, Table } from "../../parts/Table";
import { go, to } from "../../router";
import { Shape } from "../../signs";
import type { OutageNow } from "../../types";

function lasted(outage: OutageNow): number | null {
  const end = millis(outage.ended_at);
  const start = millis(outage.since);
  return end === null || start === null ? null : (end - start) / 1000;
}

interface ListProps {
  outages: readonly OutageNow[];
  isOpen: boolean;
}

/** As the API orders them, until somebody chooses a column: open ones by how much they take. */
export function List({ outages, isOpen }: ListProps) {
  const columns: Column<OutageNow>[] = [
    {
      key: "root",
      head: t("outages.root"),
      main: true,
      cell: (each) => (
        <>
          <Shape look={outageLook(each)} /> <a href={to("outage", each.id)}>{outageName(each)}</a>
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
    { key: "network", head: t("common.network"), cell: (each) => networkName(each.network), minor: true },
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
        <span title={fullMoment(each.since)}>{isOpen ? age(each.since) : exactSpan(lasted(each))}</span>
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
