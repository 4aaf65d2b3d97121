/** The intact rate by time, as a chart shows it. */
import type { EChartsCoreOption } from "echarts/core";
import { clock, percent } from "../../format";
import { t } from "../../i18n";
import { floorFor, goalLine, type Pen } from "../../parts/ranks";
import { tip } from "../../parts/tip";
import type { Colour } from "../../theme";
import type { Trend, TrendPoint } from "../../types";

const LEFT = 52;
const RIGHT = 80;
/** Pixels of hatching that are always seen. */
const LEAST_HATCH = 3;

/** Whether a part of its time was not looked at: more than a thousandth of it. */
export function isUnseen(point: TrendPoint): boolean {
  return point.seen < 0.999;
}

export function trendChart(
  { points, target, step }: Trend,
  colours: Record<Colour, string>,
): EChartsCoreOption {
  const floor = floorFor(
    points.map((point) => point.intact),
    target,
  );
  const digits = (1 - floor) * 100 < 4 ? 1 : 0;
  const labels = { axisTick: { show: false }, axisLine: { lineStyle: { color: colours.line } } };
  return {
    grid: { left: LEFT, right: target === null ? 16 : RIGHT, top: 10, bottom: 22 },
    xAxis: {
      ...labels,
      type: "time",
      axisLabel: {
        color: colours.second,
        hideOverlap: true,
        formatter: (at: number) => clock(at).slice(0, 5),
      },
      axisPointer: { lineStyle: { color: colours.second }, label: { show: false } },
    },
    yAxis: {
      ...labels,
      type: "value",
      min: floor,
      max: 1,
      interval: (1 - floor) / 2,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { color: colours.second, formatter: (share: number) => percent(share, digits) },
    },
    tooltip: {
      trigger: "axis",
      formatter: ([{ dataIndex }]: readonly { dataIndex: number }[]) => tipOf(points[dataIndex]),
    },
    series: [curve(points, target, colours), unseen(points, step * 1000, colours)],
  };
}

function tipOf(point: TrendPoint): HTMLElement {
  return tip(clock(point.time).slice(0, 5), [
    point.intact === null ? t("overview.not_seen") : percent(point.intact),
    ...(isUnseen(point) ? [t("overview.seen", { seen: percent(point.seen, 1) })] : []),
  ]);
}

function curve(points: readonly TrendPoint[], target: number | null, colours: Record<Colour, string>) {
  return {
    type: "line",
    color: colours["up-text"],
    lineStyle: { width: 2, join: "round" },
    areaStyle: { color: colours.up, opacity: 0.55, origin: "start" },
    symbolSize: 4,
    data: points.map(({ time, intact }, at) => ({
      value: [Date.parse(time), intact],
      symbol: points[at - 1]?.intact == null && points[at + 1]?.intact == null ? "circle" : "none",
    })),
    markLine: goalLine(target, "yAxis", colours),
  };
}

/** What was not seen of a step hangs from the top: the whole height when nobody looked at all. */
function unseen(points: readonly TrendPoint[], step: number, colours: Record<Colour, string>) {
  const fill = { image: hatch(colours["unknown-text"]), repeat: "repeat" };
  return {
    type: "custom",
    silent: true,
    tooltip: { show: false },
    encode: { x: 0, tooltip: [] },
    data: points.map(({ time, seen }) => [Date.parse(time), seen]),
    renderItem: ({ coordSys: room }: { coordSys: Room }, pen: Pen) => {
      const seen = pen.value(1);
      if (seen >= 0.999) return null;
      const [left] = pen.coord([pen.value(0) - step / 2, 1]);
      const [right] = pen.coord([pen.value(0) + step / 2, 1]);
      const x = Math.max(room.x, left);
      const width = Math.min(room.x + room.width, right) - x;
      const height = Math.max(LEAST_HATCH, (1 - seen) * room.height);
      return { type: "rect", shape: { x, y: room.y, width, height }, style: { fill } };
    },
  };
}

/** Where a plot lies in its frame, in pixels. */
interface Room {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A tile of lines that run upwards. */
function hatch(colour: string): HTMLCanvasElement {
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d");
  if (pen === null) return tile;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const x of [-8, 0, 8]) {
    pen.moveTo(x, 8);
    pen.lineTo(x + 8, 0);
  }
  pen.stroke();
  return tile;
}
