/** The intact rate of the last 24 hours: an area with the target's line; what nobody saw is hatched. */

import { useMemo } from "preact/hooks";
import { goalText, percent, span } from "../../format";
import { t } from "../../i18n";
import { Chart } from "../../parts/Chart";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { palette } from "../../theme";
import type { Trend as TrendData } from "../../types";
import { isUnseen, trendChart } from "./trend";

const EVERY = 60;

export function Trend({ pointClass }: { pointClass: number | null }) {
  const query = pointClass === null ? { hours: 24 } : { hours: 24, point_class: pointClass };
  const { data, at } = useRead<TrendData>("/trend", query, { every: EVERY });
  const isStale = at !== null && Date.now() - at > 2 * EVERY * 1000;
  return (
    <Panel class="trend" title={t("overview.trend")} stale={isStale}>
      <div class="drawing">{data !== null && <Drawing data={data} />}</div>
    </Panel>
  );
}

function Drawing({ data }: { data: TrendData }) {
  const colours = palette.value;
  const label = summary(data); // in the language that is shown: the chart's own words change with it
  const option = useMemo(() => trendChart(data, colours), [data, colours, label]);
  if (data.points.every((point) => point.intact === null)) {
    return (
      <Empty title={t("overview.no_trend")}>{t("overview.no_trend_how", { step: span(data.step) })}</Empty>
    );
  }
  return <Chart label={label} option={option} />;
}

function summary({ points, target }: TrendData): string {
  const shares = points.flatMap((point) => (point.intact === null ? [] : [point.intact]));
  return t("overview.trend_summary", {
    least: percent(Math.min(...shares)),
    last: percent(shares.at(-1)),
    target: goalText(target),
    blind: points.filter(isUnseen).length,
    steps: points.length,
  });
}
