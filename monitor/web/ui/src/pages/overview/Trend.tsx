/** The intact rate of the last 24 hours: an area with the target's line; what nobody saw is hatched. */

import { useState } from "preact/hooks";
import { clock, goalText, percent, span } from "../../format";
import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import type { Trend as TrendData, TrendPoint } from "../../types";
import { floorFor, known, unseen } from "./figures";
import { useSize } from "./size";

const EVERY = 60;
const LEFT = 52;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 22;

/** Places in a drawing. */
interface Plot {
  width: number;
  height: number;
  /** The lower end of the axis. */
  floor: number;
  /** How many points lie side by side. */
  count: number;
}

function atX(plot: Plot, place: number): number {
  return LEFT + (place / Math.max(1, plot.count - 1)) * (plot.width - LEFT - RIGHT);
}

function atY(plot: Plot, share: number): number {
  const part = Math.max(0, (1 - share) / (1 - plot.floor));
  return TOP + Math.min(1, part) * (plot.height - TOP - BOTTOM);
}

export function Trend({ pointClass }: { pointClass: number | null }) {
  const [frame, size] = useSize<HTMLDivElement>();
  const query = pointClass === null ? { hours: 24 } : { hours: 24, point_class: pointClass };
  const { data, at } = useRead<TrendData>("/trend", query, { every: EVERY });
  const isStale = at !== null && Date.now() - at > 2 * EVERY * 1000;
  return (
    <Panel class="trend" title={t("overview.trend")} stale={isStale}>
      <div class="drawing" ref={frame}>
        {data !== null && size.width > 0 && <Drawing data={data} {...size} />}
      </div>
    </Panel>
  );
}

function Drawing({ data, width, height }: { data: TrendData; width: number; height: number }) {
  const [at, setAt] = useState<number | null>(null);
  const { points, target } = data;
  if (points.every((point) => point.intact === null)) {
    return (
      <Empty title={t("overview.no_trend")}>{t("overview.no_trend_how", { step: span(data.step) })}</Empty>
    );
  }
  const plot = {
    width,
    height,
    count: points.length,
    floor: floorFor(
      points.map((point) => point.intact),
      target,
    ),
  };
  const place = (event: PointerEvent) => {
    const { left } = (event.currentTarget as Element).getBoundingClientRect();
    const share = (event.clientX - left - LEFT) / (width - LEFT - RIGHT);
    setAt(Math.round(Math.max(0, Math.min(1, share)) * (points.length - 1)));
  };
  return (
    <svg
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={summary(data)}
      onPointerMove={place}
      onPointerLeave={() => setAt(null)}
    >
      <defs>
        <pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect class="hatching" width="2" height="6" />
        </pattern>
      </defs>
      <Axes plot={plot} points={points} />
      {known(points).map(({ from, to }) => (
        <g key={from}>
          <path
            class="area"
            d={`${path(plot, points, from, to)}V${atY(plot, plot.floor)}H${atX(plot, from)}Z`}
          />
          <path class="curve" d={path(plot, points, from, to)} />
        </g>
      ))}
      {unseen(points).flatMap(({ from, to }) =>
        points
          .slice(from, to + 1)
          .map((point, more) => <Unseen key={point.time} plot={plot} place={from + more} point={point} />),
      )}
      {target !== null && <Goal plot={plot} target={target} last={points.at(-1)?.intact ?? null} />}
      {at !== null && points[at] !== undefined && <Reading plot={plot} place={at} point={points[at]} />}
    </svg>
  );
}

/** The line of the target, its words on the side where the curve does not end. */
function Goal({ plot, target, last }: { plot: Plot; target: number; last: number | null }) {
  const y = atY(plot, target);
  const isBelow = last !== null && last >= target;
  return (
    <g class="target">
      <line x1={LEFT} x2={plot.width - RIGHT} y1={y} y2={y} />
      <text x={plot.width - RIGHT} y={isBelow ? y + 15 : y - 5}>
        {t("overview.target", { sign: "", target: goalText(target) })}
      </text>
    </g>
  );
}

/** The curve from one point to another. */
function path(plot: Plot, points: readonly TrendPoint[], from: number, to: number): string {
  const steps = points
    .slice(from, to + 1)
    .map((point, more) => `${atX(plot, from + more).toFixed(1)},${atY(plot, point.intact ?? 0).toFixed(1)}`);
  // A single point is a short line: it would not be seen otherwise.
  return from === to ? `M${steps[0]}h2` : `M${steps.join("L")}`;
}

/** What was not seen of a step hangs from the top: the whole height when nobody looked at all. */
function Unseen({ plot, place, point }: { plot: Plot; place: number; point: TrendPoint }) {
  const wide = (plot.width - LEFT - RIGHT) / Math.max(1, plot.count - 1);
  const left = Math.max(LEFT, atX(plot, place) - wide / 2);
  const right = Math.min(plot.width - RIGHT, atX(plot, place) + wide / 2);
  const high = Math.max(3, (1 - point.seen) * (plot.height - TOP - BOTTOM));
  return <rect class="hatched" x={left} y={TOP} width={right - left} height={high} />;
}

function Axes({ plot, points }: { plot: Plot; points: readonly TrendPoint[] }) {
  const shares = [1, (1 + plot.floor) / 2, plot.floor];
  const digits = (1 - plot.floor) * 100 < 4 ? 1 : 0;
  const marks = Math.max(2, Math.min(9, Math.floor(plot.width / 110)));
  const places = Array.from({ length: marks }, (_, at) => Math.round((at * (plot.count - 1)) / (marks - 1)));
  return (
    <g class="axes">
      {shares.map((share) => (
        <g key={share}>
          <line x1={LEFT} x2={plot.width - RIGHT} y1={atY(plot, share)} y2={atY(plot, share)} />
          <text class="share" x={LEFT - 8} y={atY(plot, share) + 4}>
            {percent(share, digits)}
          </text>
        </g>
      ))}
      {places.map((place, at) => (
        <text
          key={place}
          class={at === 0 ? "first" : at === marks - 1 ? "last" : ""}
          x={atX(plot, place)}
          y={plot.height - 4}
        >
          {clock(points[place]?.time).slice(0, 5)}
        </text>
      ))}
    </g>
  );
}

/** The figures of the step that is pointed at. */
function Reading({ plot, place, point }: { plot: Plot; place: number; point: TrendPoint }) {
  const x = atX(plot, place);
  const isLeft = x > plot.width / 2;
  const text = [
    clock(point.time).slice(0, 5),
    point.intact === null ? t("overview.not_seen") : percent(point.intact),
    point.seen < 0.9995 ? t("overview.seen", { seen: percent(point.seen, 1) }) : "",
  ];
  return (
    <g class="reading">
      <line x1={x} x2={x} y1={TOP} y2={plot.height - BOTTOM} />
      {point.intact !== null && <circle cx={x} cy={atY(plot, point.intact)} r="3.5" />}
      <text class={isLeft ? "last" : "first"} x={x + (isLeft ? -8 : 8)} y={plot.height - BOTTOM - 8}>
        {text.filter(Boolean).join(" · ")}
      </text>
    </g>
  );
}

function summary({ points, target }: TrendData): string {
  const shares = points.flatMap((point) => (point.intact === null ? [] : [point.intact]));
  const blind = points.filter((point) => point.seen < 0.999).length;
  return t("overview.trend_summary", {
    least: percent(Math.min(...shares)),
    last: percent(shares.at(-1)),
    target: goalText(target),
    blind,
    steps: points.length,
  });
}
