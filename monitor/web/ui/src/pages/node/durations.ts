/** How long probes took, as a chart shows it. Pure. */
import type { EChartsCoreOption } from "echarts/core";
import { clock, duration } from "../../format";
import { tip } from "../../parts/tip";
import type { Colour } from "../../theme";
import type { Durations } from "../../types";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** One line of the chart; `seconds` has a value, or none, for each moment. */
export interface Line {
  probe: string;
  seconds: readonly (number | null)[];
  look: LineLook;
}

/** Lines differ by more than their colour; none has the colour of a state. */
export interface LineLook {
  colour: Colour;
  dash: "solid" | "dashed" | "dotted";
}

const LOOKS: readonly LineLook[] = [
  { colour: "accent", dash: "solid" },
  { colour: "text", dash: "dashed" },
  { colour: "second", dash: "dotted" },
  { colour: "accent", dash: "dotted" },
  { colour: "text", dash: "solid" },
];

export function linesOf(durations: Durations, network: string): Line[] {
  return durations.probes
    .filter((each) => each.network === network)
    .map((each, at) => ({ ...each, look: LOOKS[at % LOOKS.length] }));
}

/** What somebody is told of a line who does not see it, in seconds. `missing`: moments without an answer. */
export interface Told {
  last: number | null;
  least: number | null;
  most: number | null;
  missing: number;
}

export function toldOf({ seconds }: Pick<Line, "seconds">): Told {
  const known = seconds.filter((each) => each !== null);
  return {
    last: seconds.at(-1) ?? null,
    least: known.length === 0 ? null : Math.min(...known),
    most: known.length === 0 ? null : Math.max(...known),
    missing: seconds.length - known.length,
  };
}

/** An answer between two gaps would be a line of no length. */
export function isAlone(seconds: readonly (number | null)[], at: number): boolean {
  const beside = [seconds[at - 1] ?? null, seconds[at + 1] ?? null];
  return seconds[at] !== null && beside.every((each) => each === null);
}

/** What ECharts says of a line at the moment that is pointed at. */
interface Pointed {
  seriesName: string;
  value: [number, number | null];
}

function pointedText({ seriesName, value: [, millis] }: Pointed, nothing: string): string {
  return `${seriesName} ${millis === null ? nothing : duration(millis / 1000)}`;
}

/** `nothing`: what stands where there was no answer. */
export function chartOf(
  lines: readonly Line[],
  times: readonly string[],
  colours: Record<Colour, string>,
  nothing: string,
): EChartsCoreOption {
  const moments = times.map((each) => Date.parse(each));
  const axis = { axisTick: { show: false }, axisLabel: { color: colours.second } };
  return {
    grid: { left: 56, right: 16, top: 12, bottom: 24 },
    xAxis: {
      ...axis,
      type: "time",
      axisLine: { lineStyle: { color: colours.line } },
      min: (moments.at(-1) ?? 0) - HOUR,
      minInterval: MINUTE,
      splitNumber: 6,
      axisLabel: { ...axis.axisLabel, hideOverlap: true, formatter: (at: number) => clock(at).slice(0, 5) },
      axisPointer: {
        lineStyle: { color: colours.second },
        label: { show: false },
      },
    },
    yAxis: {
      ...axis,
      type: "value",
      min: 0,
      splitNumber: 3,
      splitLine: { lineStyle: { color: colours.line } },
      axisLabel: { ...axis.axisLabel, formatter: (millis: number) => duration(millis / 1000) },
    },
    tooltip: {
      trigger: "axis",
      formatter: (points: readonly Pointed[]) =>
        tip(
          clock(points[0]?.value[0]),
          points.map((each) => pointedText(each, nothing)),
        ),
    },
    series: lines.map((line) => ({
      type: "line",
      name: line.probe,
      color: colours[line.look.colour],
      lineStyle: { width: 1.5, type: line.look.dash },
      symbolSize: 4,
      data: moments.map((at, place) => {
        const seconds = line.seconds[place];
        return {
          value: [at, seconds === null ? null : seconds * 1000],
          symbol: isAlone(line.seconds, place) ? "circle" : "none",
        };
      }),
    })),
  };
}
