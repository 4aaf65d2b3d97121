import { ago, fullMoment, moment } from "../../format";
import { t, word } from "../../i18n";
import { AlertCare } from "../../parts/Care";
import { careText } from "../../parts/outage";
import { type Column, Table } from "../../parts/Table";
import { to } from "../../router";
import { type Look, Shape } from "../../signs";
import type { AlertNow } from "../../types";

const LOOKS: Record<string, Look> = { critical: "down", warning: "degraded", info: "unknown" };

interface ListProps {
  alerts: readonly AlertNow[];
  onShow: (alert: AlertNow) => void;
  onDone: () => void;
}

export function List({ alerts, onShow, onDone }: ListProps) {
  const columns: Column<AlertNow>[] = [
    {
      key: "severity",
      head: t("alerts.severity"),
      cell: (each) => (
        <span class="sign">
          <Shape look={each.resolved_at === null ? (LOOKS[each.severity] ?? "unknown") : "up"} />{" "}
          {word("severity", each.severity)}
        </span>
      ),
      by: (each) => each.severity,
    },
    {
      key: "title",
      head: t("alerts.what"),
      main: true,
      cell: (each) =>
        each.outage === null ? each.title : <a href={to("outage", each.outage)}>{each.title}</a>,
      by: (each) => each.title,
    },
    {
      key: "since",
      head: t("common.since"),
      cell: (each) => <span title={fullMoment(each.since)}>{ago(each.since)}</span>,
      by: (each) => each.since,
      right: true,
    },
    { key: "care", head: t("outages.care"), cell: standing },
    { key: "reached", head: t("alerts.reached"), cell: reached, minor: true },
    {
      key: "do",
      head: "",
      cell: (each) =>
        each.resolved_at === null && (
          <div class="bar">
            <AlertCare alert={each.id} ackedBy={each.acked_by} onDone={onDone} />
          </div>
        ),
    },
  ];
  return (
    <Table
      caption={t("alerts.title")}
      columns={columns}
      rows={alerts}
      keyOf={(each) => each.id}
      onOpen={onShow}
    />
  );
}

function standing(each: AlertNow): string {
  if (each.resolved_at !== null) return t("alerts.resolved", { at: moment(each.resolved_at) });
  return each.silent ? t("alerts.silent") : careText(each);
}

function reached(each: AlertNow): string {
  const failed = Object.entries(each.failed).map(([channel, error]) =>
    t("alerts.not_reached", { channel, error }),
  );
  return [...each.delivered, ...failed].join(" · ");
}
