/** Groups by their intact rate: bars with the target's line, whiskers for what is not known. Pure. */
import type { EChartsCoreOption } from "echarts/core";
import { goalText, percent } from "../format";
import { t } from "../i18n";
import type { Colour } from "../theme";
import { tip } from "./tip";

/** A bar. `low` and `high` bound what is not known. */
export interface Rank {
  code: string;
  name: string;
  intact: number;
  low: number | null;
  high: number | null;
  target: number | null;
  /** `met` only if the low bound reaches the target, `missed` only if the high bound does not. */
  verdict: "met" | "missed" | "unproven" | null;
}

/**
 * The lower end of an axis that ends at 100 %: low enough for all shares and the target, so that differences of
 * a few tenths can be seen. The upper end is always 1, and the lower end is written beside the axis.
 */
export function floorFor(shares: readonly (number | null)[], target: number | null): number {
  const known = [...shares, target].filter((share): share is number => share !== null);
  const least = Math.min(1, ...known);
  for (const floor of [0.99, 0.98, 0.96, 0.95, 0.9, 0.8, 0.5]) {
    if (least >= floor + (1 - floor) * 0.15) return floor;
  }
  return 0;
}

/** What all of them are measured by; null where that differs. */
export function commonTarget(ranks: readonly Pick<Rank, "target">[]): number | null {
  const targets = new Set(ranks.map((rank) => rank.target));
  return targets.size === 1 ? (ranks[0]?.target ?? null) : null;
}

/** A bar in words: its share with its bounds, and what they prove. */
export function rankText({ name, intact, low, high, verdict }: Rank): string {
  const bounds = { name, intact: percent(intact), low: percent(low), high: percent(high) };
  return [t("common.rank", bounds), verdict === null ? "" : t(`common.${verdict}`)]
    .filter(Boolean)
    .join(", ");
}

/** The line of a target, for charts, with its words at its end. */
export function goalLine(target: number | null, axis: "xAxis" | "yAxis", colours: Record<Colour, string>) {
  if (target === null) return undefined;
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: colours.degraded, width: 1.5, type: [6, 4] },
    label: {
      // Outside the plot: there no curve and no bar can run through the words.
      position: "end",
      color: colours.degraded,
      formatter: t("common.target_of", { target: goalText(target) }),
    },
    data: [{ [axis]: target }],
  };
}

export const NAME = 96;
export const VALUE = 84;
export const TOP = 4;
export const BOTTOM = 22;
/** Closer to each other than this part of the axis two names under it would meet. */
const APART = 0.35;

export function ranksChart(ranks: readonly Rank[], colours: Record<Colour, string>): EChartsCoreOption {
  const target = commonTarget(ranks);
  const floor = floorFor(
    ranks.flatMap((rank) => [rank.intact, rank.low]),
    target,
  );
  const isNear = target !== null && 1 - target < APART * (1 - floor);
  const bare = { type: "category", inverse: true, axisLine: { show: false }, axisTick: { show: false } };
  return {
    grid: { left: NAME, right: VALUE, top: TOP, bottom: BOTTOM },
    xAxis: {
      type: "value",
      min: floor,
      max: 1,
      interval: 1 - floor,
      splitLine: { show: false },
      axisLabel: {
        color: colours.second,
        formatter: (share: number) => (share === 1 && isNear ? "" : percent(share, 0)),
      },
    },
    yAxis: [
      {
        ...bare,
        data: ranks.map((rank) => rank.name),
        axisLabel: {
          align: "left",
          margin: NAME,
          width: NAME - 12,
          overflow: "truncate",
          fontSize: 14,
          color: colours.text,
          interval: 0,
        },
      },
      {
        ...bare,
        position: "right",
        data: ranks.map((rank) => percent(rank.intact)),
        axisLabel: {
          align: "right",
          margin: VALUE,
          fontSize: 14,
          fontWeight: 600,
          interval: 0,
          color: (_: string, at: number) => (ranks[at]?.verdict === "missed" ? colours.down : colours.text),
        },
      },
    ],
    tooltip: {
      trigger: "axis",
      axisPointer: { type: "shadow", z: 0, shadowStyle: { color: colours.line, opacity: 0.4 } },
      formatter: ([{ dataIndex }]: readonly { dataIndex: number }[]) => tipOf(ranks[dataIndex]),
    },
    series: [bars(ranks, target, colours), whiskers(ranks, colours)],
  };
}

function tipOf(rank: Rank): HTMLElement {
  const bounds = { low: percent(rank.low), high: percent(rank.high) };
  return tip(rank.name, [
    `${t("common.intact")} ${percent(rank.intact)}`,
    ...(rank.low === null ? [] : [t("common.bounds_of", bounds)]),
    ...(rank.target === null ? [] : [t("common.target_of", { target: goalText(rank.target) })]),
    ...(rank.verdict === null ? [] : [t(`common.${rank.verdict}`)]),
  ]);
}

function bars(ranks: readonly Rank[], target: number | null, colours: Record<Colour, string>) {
  const filled = { met: colours.up, missed: colours.down, unproven: colours.unknown };
  return {
    type: "bar",
    barWidth: "50%",
    barMaxWidth: 18,
    data: ranks.map(({ intact, verdict }) => ({
      value: intact,
      itemStyle: { color: filled[verdict ?? "met"] },
    })),
    markLine: goalLine(target, "xAxis", colours),
  };
}

/** What ECharts hands to who draws an item himself, as far as it is used here. */
export interface Pen {
  value: (dimension: number) => number;
  coord: (place: readonly [number, number]) => [number, number];
}

function whiskers(ranks: readonly Rank[], colours: Record<Colour, string>) {
  const known = ranks.flatMap(({ low, high }, at) =>
    low === null || high === null ? [] : [[low, at, high]],
  );
  return {
    type: "custom",
    silent: true,
    z: 3,
    encode: { x: [0, 2], y: 1 },
    data: known,
    renderItem: (_: unknown, pen: Pen) => {
      const [left, y] = pen.coord([pen.value(0), pen.value(1)]);
      const [right] = pen.coord([pen.value(2), pen.value(1)]);
      const ends = [left, right].map((x) => [x, y - 5, x, y + 5]);
      return {
        type: "group",
        children: [[left, y, right, y], ...ends].map(([x1, y1, x2, y2]) => ({
          type: "line",
          shape: { x1, y1, x2, y2 },
          style: { stroke: colours.text, lineWidth: 1.5 },
        })),
      };
    },
  };
}
