/** 双网三级: both networks beside each other, what joins their levels, what of it is broken, and who looks. */

import { number, span } from "../../format";
import { t, word } from "../../i18n";
import { Panel } from "../../parts/Panel";
import { type Look, lookText, Shape } from "../../signs";
import type { Collector, Network, Overview } from "../../types";
import { LEVELS, type Level, type LevelFigures, levelOf } from "./figures";
import { useSize } from "./size";

const ROW = 84;
const TOP = 28;
/** Up to so many nodes each is a dot of its own; more of them are a bar. */
const DOTS = 18;
const DOT = 10;

export function Levels({ overview }: { overview: Overview }) {
  const [frame, { width }] = useSize<HTMLDivElement>();
  const { networks } = overview;
  const column = width / Math.max(1, networks.length);
  return (
    <Panel class="levels" title={t("overview.levels")}>
      <div ref={frame}>
        {width > 0 && (
          <svg
            class="levels-drawing"
            width={width}
            height={TOP + ROW * LEVELS.length}
            role="img"
            aria-label={told(overview)}
          >
            {networks.slice(1).map((network, at) => (
              <Boundary key={network.id} x={column * (at + 1)} reach={column} />
            ))}
            {networks.map((network, at) => (
              <Column key={network.id} network={network} x={column * at} width={column} />
            ))}
          </svg>
        )}
      </div>
      <Observers overview={overview} />
    </Panel>
  );
}

/** The diagram in words. */
function told(overview: Overview): string {
  return overview.networks
    .map((network) => {
      const levels = LEVELS.flatMap((level) => {
        const figures = levelOf(network, level);
        return figures === null ? [] : [`${t(`overview.level_${level}`)} ${troubleText(figures)}`];
      });
      return `${network.name}: ${levels.join(", ")}`;
    })
    .join("; ");
}

function troubleText({ watches, ...figures }: LevelFigures): string {
  const wrong = (["down", "upstream", "degraded", "unknown"] as const).flatMap((look) =>
    figures[look] > 0 ? [`${number(figures[look])} ${lookText(look)}`] : [],
  );
  return [number(watches), ...wrong].join(" · ");
}

/** Nothing but agreed gateways crosses it. */
function Boundary({ x, reach }: { x: number; reach: number }) {
  const y = TOP + DOT;
  return (
    <g class="boundary">
      <line x1={x} x2={x} y1={TOP - 10} y2={TOP + ROW * LEVELS.length - 8} />
      <line class="crossing" x1={x - reach * 0.36} x2={x + reach * 0.36} y1={y} y2={y} />
      <text x={x + 6} y={TOP + ROW * 2 - 14}>
        {t("overview.boundary")}
      </text>
    </g>
  );
}

function Column({ network, x, width }: { network: Network; x: number; width: number }) {
  const middle = x + width / 2;
  const drawn = LEVELS.filter((level) => levelOf(network, level) !== null);
  return (
    <g>
      <text class="network-name" x={middle} y={14}>
        {network.name}
      </text>
      {drawn.length > 1 && (
        <line
          class="trunk"
          x1={middle}
          x2={middle}
          y1={rowOf(drawn[0])}
          y2={rowOf(drawn[drawn.length - 1])}
        />
      )}
      {drawn.map((level) => (
        <Row key={level} network={network} level={level} middle={middle} width={width - 32} />
      ))}
      {drawn.length === 0 && (
        <text class="quiet" x={middle} y={TOP + ROW}>
          {t("overview.no_levels")}
        </text>
      )}
    </g>
  );
}

function rowOf(level: Level): number {
  return TOP + LEVELS.indexOf(level) * ROW + DOT;
}

function Row({
  network,
  level,
  middle,
  width,
}: {
  network: Network;
  level: Level;
  middle: number;
  width: number;
}) {
  const figures = levelOf(network, level);
  if (figures === null) return null;
  const y = rowOf(level);
  const isDotted = figures.watches <= DOTS && figures.watches * (DOT + 4) <= width;
  return (
    <g>
      {isDotted ? (
        <Dots figures={figures} middle={middle} y={y} />
      ) : (
        <Bar figures={figures} middle={middle} y={y} width={Math.min(width, 260)} />
      )}
      <text class="level-name" x={middle} y={y + 26}>
        {t(`overview.level_${level}`)} {number(figures.watches)}
        <Troubles figures={figures} />
      </text>
    </g>
  );
}

function Troubles({ figures }: { figures: LevelFigures }) {
  const { down, upstream, unknown } = figures;
  return (
    <>
      {down > 0 && <tspan class="down"> · {t("overview.broken", { count: number(down) })}</tspan>}
      {upstream > 0 && (
        <tspan class="upstream"> · {t("overview.cut_off", { count: number(upstream) })}</tspan>
      )}
      {unknown > 0 && <tspan> · {t("overview.unseen", { count: number(unknown) })}</tspan>}
    </>
  );
}

/** How many of each look, the broken first. */
function parts(figures: LevelFigures): [Look, number][] {
  const { watches, down, upstream, degraded, unknown } = figures;
  const up = watches - down - upstream - degraded - unknown;
  return [
    ["down", down],
    ["upstream", upstream],
    ["degraded", degraded],
    ["unknown", unknown],
    ["up", up],
  ];
}

function Dots({ figures, middle, y }: { figures: LevelFigures; middle: number; y: number }) {
  const looks = parts(figures).flatMap(([look, count]) => Array.from({ length: count }, () => look));
  const left = middle - ((looks.length - 1) * (DOT + 4)) / 2;
  return (
    <>
      {looks.map((look, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the dots are nameless, and in this order
        <circle key={at} class={`spot ${look}`} cx={left + at * (DOT + 4)} cy={y} r={DOT / 2} />
      ))}
    </>
  );
}

/** Lengths by counts; what is broken is never thinner than can be seen. */
function Bar({
  figures,
  middle,
  y,
  width,
}: {
  figures: LevelFigures;
  middle: number;
  y: number;
  width: number;
}) {
  let x = middle - width / 2;
  const end = x + width;
  return (
    <>
      {parts(figures).map(([look, count]) => {
        if (count === 0) return null;
        const long = look === "up" ? Math.max(0, end - x) : Math.max(5, (width * count) / figures.watches);
        const rect = (
          <rect
            key={look}
            class={`spot ${look}`}
            x={x}
            y={y - 5}
            width={Math.min(long, end - x)}
            height={10}
          />
        );
        x += long + 1;
        return rect;
      })}
    </>
  );
}

const LOOKS: Record<Collector["footing"], Look> = {
  sees: "up",
  blind: "unknown",
  silent: "unknown",
  awaited: "unknown",
};

/** Who looks at what, and since when not. */
function Observers({ overview }: { overview: Overview }) {
  return (
    <ul class="observers" aria-label={t("overview.observers")}>
      {overview.networks.flatMap((network) =>
        overview.collectors
          .filter((each) => each.network === network.id)
          .map((each) => (
            <li key={`${network.id} ${each.name}`} class={each.footing}>
              <Shape look={LOOKS[each.footing]} />
              <span>{each.name}</span>
              <span class="quiet">
                {network.name} · {word("overview.sees", each.footing)}
                {each.sight_age !== null && ` · ${span(each.sight_age)}`}
              </span>
            </li>
          )),
      )}
    </ul>
  );
}
