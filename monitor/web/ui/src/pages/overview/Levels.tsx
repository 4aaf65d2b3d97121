/** 双网三级: both networks beside each other, what joins their levels, what of it is broken, and who looks. */

import { SMALLEST_SHAPE } from "../../draw/shapes";
import { number, span } from "../../format";
import { t, word } from "../../i18n";
import { collectorText } from "../../parts/collectors";
import { Panel } from "../../parts/Panel";
import { Drawn, type Look, lookText, Shape } from "../../signs";
import type { Network, Overview } from "../../types";
import { LEVELS, type Level, type LevelFigures, levelOf, looksOf, packed } from "./figures";
import { useSize } from "./size";

/** Room for the names of the networks. */
const TOP = 28;
/** The least height of a level: its nodes, its name, what is wrong. */
const LEAST = 56;
/** Of that, what its name and what is wrong take. */
const WORDS = 40;
const SIDE = 14;
const LARGEST = 16;

interface Room {
  width: number;
  height: number;
}

/** One network's part of the drawing. */
interface Strip {
  network: Network;
  middle: number;
  width: number;
  /** Where the levels begin, and at last where the drawing ends. */
  edges: readonly number[];
}

/** How the height that is left is shared: there are far more nodes in towns than in the city. */
const SHARES = [0.1, 0.2, 0.7] as const;

function edgesIn(height: number): number[] {
  const spare = Math.max(0, height - TOP - LEAST * LEVELS.length);
  const edges = [TOP];
  for (const share of SHARES) edges.push(edges[edges.length - 1] + LEAST + spare * share);
  return edges;
}

export function Levels({ overview }: { overview: Overview }) {
  const [frame, room] = useSize<HTMLDivElement>();
  return (
    <Panel class="levels" title={t("overview.levels")}>
      <div class="drawing" ref={frame}>
        {room.width > 0 && <Drawing overview={overview} room={room} />}
      </div>
      <Observers overview={overview} />
    </Panel>
  );
}

function Drawing({ overview, room }: { overview: Overview; room: Room }) {
  const { networks } = overview;
  const column = room.width / Math.max(1, networks.length);
  const edges = edgesIn(room.height);
  const height = edges[LEVELS.length];
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing is no set of fields
    <svg
      class="levels-drawing"
      width={room.width}
      height={height}
      viewBox={`0 0 ${room.width} ${height}`}
      role="group"
    >
      <title>{told(overview)}</title>
      {networks.slice(1).map((network, at) => (
        <Boundary key={network.id} x={column * (at + 1)} edges={edges} reach={column / 2} />
      ))}
      {networks.map((network, at) => (
        <Column
          key={network.id}
          network={network}
          middle={column * (at + 0.5)}
          width={column - 2 * SIDE}
          edges={edges}
        />
      ))}
    </svg>
  );
}

/** The diagram in words. */
function told(overview: Overview): string {
  return overview.networks
    .map((network) => {
      const levels = LEVELS.flatMap((level) => {
        const figures = levelOf(network, level);
        return figures === null ? [] : [`${levelName(level)} ${troubleText(figures)}`];
      });
      return `${network.name}: ${levels.join(", ")}`;
    })
    .join("; ");
}

function levelName(level: Level): string {
  return t(`overview.level_${level}`);
}

function troubleText({ watches, ...figures }: LevelFigures): string {
  const wrong = (["down", "upstream", "degraded", "unknown"] as const).flatMap((look) =>
    figures[look] > 0 ? [`${number(figures[look])} ${lookText(look)}`] : [],
  );
  return [number(watches), ...wrong].join(" · ");
}

/** Where one network ends and the other begins; only the gateway on the city's level crosses it. */
function Boundary({ x, edges, reach }: { x: number; edges: readonly number[]; reach: number }) {
  const y = edges[0] + LARGEST / 2;
  return (
    <g class="boundary">
      <line x1={x} x2={x} y1={TOP - 16} y2={edges[LEVELS.length] - 8} />
      <line class="crossing" x1={x - reach} x2={x + reach} y1={y} y2={y} />
      <text x={x} y={12}>
        {t("overview.boundary")}
      </text>
    </g>
  );
}

function Column(strip: Strip) {
  const { network, middle, edges } = strip;
  const drawn = LEVELS.filter((level) => levelOf(network, level) !== null);
  const [first, last] = [drawn[0], drawn.at(-1)];
  return (
    <g>
      <text class="network-name" x={middle} y={13}>
        {network.name}
      </text>
      {first !== undefined && last !== undefined && (
        <line class="trunk" x1={middle} x2={middle} y1={topOf(first, edges)} y2={topOf(last, edges)} />
      )}
      {drawn.map((level) => (
        <Row key={level} level={level} strip={strip} />
      ))}
      {drawn.length === 0 && (
        <text class="quiet" x={middle} y={edges[1]}>
          {t("overview.no_levels")}
        </text>
      )}
    </g>
  );
}

function topOf(level: Level, edges: readonly number[]): number {
  return edges[LEVELS.indexOf(level)];
}

function Row({ level, strip: { network, middle, width, edges } }: { level: Level; strip: Strip }) {
  const figures = levelOf(network, level);
  if (figures === null) return null;
  const y = topOf(level, edges);
  const room = edges[LEVELS.indexOf(level) + 1] - y - WORDS;
  const { side, columns, lines } = packed(figures.watches, width, room, LARGEST);
  const wide = columns * side;
  const high = lines * side;
  return (
    <g>
      <rect class="behind" x={middle - wide / 2 - 6} y={y - 4} width={wide + 12} height={high + 46} />
      {looksOf(figures).map((look, at) => (
        <Node
          key={at}
          look={look}
          x={middle - wide / 2 + (at % columns) * side}
          y={y + Math.floor(at / columns) * side}
          side={side - (side > 5 ? 2 : 1)}
        />
      ))}
      <text x={middle} y={y + high + 16}>
        {levelName(level)} {number(figures.watches)}
      </text>
      <text x={middle} y={y + high + 34}>
        <Troubles figures={figures} />
      </text>
    </g>
  );
}

/** A node of a level: nameless, since the diagram says how many and not which. Small ones are too small for a shape. */
function Node({ look, x, y, side }: { look: Look; x: number; y: number; side: number }) {
  if (side >= SMALLEST_SHAPE && look !== "up") return <Drawn look={look} x={x} y={y} side={side} />;
  return <rect class={`spot ${look}`} x={x} y={y} width={side} height={side} rx={side > 8 ? 2 : 0} />;
}

function Troubles({ figures: { down, upstream, degraded, unknown } }: { figures: LevelFigures }) {
  const told = [
    ["down", down, "overview.broken"],
    ["upstream", upstream, "overview.cut_off"],
    ["degraded", degraded, "overview.impaired"],
    ["unknown", unknown, "overview.unseen"],
  ] as const;
  return (
    <>
      {told
        .filter(([, count]) => count > 0)
        .map(([look, count, key], at) => (
          <tspan key={look} class={look}>
            {at > 0 && " · "}
            {t(key, { count: number(count) })}
          </tspan>
        ))}
    </>
  );
}

/** Who looks at what, and since when not. */
function Observers({ overview }: { overview: Overview }) {
  return (
    <ul class="observers" aria-label={t("overview.observers")}>
      {overview.networks.flatMap((network) =>
        overview.collectors
          .filter((each) => each.network === network.id)
          .map(({ name, footing, sight_age: age }) => (
            <li key={`${network.id} ${name}`}>
              <Shape look={footing === "sees" ? "up" : "unknown"} />
              <span>{collectorText(name)}</span>
              <span class={footing === "sees" ? "quiet" : "blind"}>
                {word("overview.sees", footing)}
                {age !== null && ` · ${span(age)}`}
              </span>
            </li>
          )),
      )}
    </ul>
  );
}
