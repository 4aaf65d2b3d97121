/** Figures of the overview that are worked out from what the API says. Pure. */

import { type Cells, DOWN } from "../../live/cells";
import type { Rank } from "../../parts/ranks";
import type { Look } from "../../signs";
import type { Counts, Group, LevelNow, Network, Overview } from "../../types";
import type { Areas } from "./areas";

/** What is wrong in a level of a network; what is down by another's fault is no second fault. */
export interface LevelFigures {
  watches: number;
  down: number;
  upstream: number;
  degraded: number;
  unknown: number;
}

/** What is true at this moment of the watches that the head figures speak of. */
export interface Present {
  watches: number;
  counts: Counts;
  online: number | null;
  intact: number | null;
}

/**
 * Counted on the board itself, so that the figures turn with the cells and never contradict them. `pointClass`
 * null: all watches.
 */
export function presentOf(cells: Cells, pointClass: number | null): Present {
  const codes = [0, 0, 0, 0];
  let upstream = 0;
  for (let row = 0; row < cells.size; row++) {
    if (pointClass !== null && cells.pointClass[row] !== pointClass) continue;
    codes[cells.state[row]] += 1;
    if (cells.state[row] === DOWN) upstream += cells.upstream[row];
  }
  const [unknown, down, degraded, up] = codes;
  const seen = up + degraded + down;
  return {
    watches: seen + unknown,
    counts: { up, degraded, down, unknown, upstream },
    online: seen > 0 ? (up + degraded) / seen : null,
    intact: seen > 0 ? up / seen : null,
  };
}

export const LEVELS = ["city", "county", "town"] as const;
export type Level = (typeof LEVELS)[number];

export function levelOf(network: Network, level: Level): LevelFigures | null {
  const now: LevelNow | undefined = network.levels[level];
  if (now === undefined || now.watches === 0) return null;
  const { down, upstream, degraded, unknown } = now.counts;
  return { watches: now.watches, down: Math.max(0, down - upstream), upstream, degraded, unknown };
}

/** The look of each node of a level, the broken first. */
export function looksOf({ watches, down, upstream, degraded, unknown }: LevelFigures): Look[] {
  const up = watches - down - upstream - degraded - unknown;
  const counts = { down, upstream, degraded, unknown, up } as const;
  return (Object.keys(counts) as (keyof typeof counts)[]).flatMap((look) =>
    Array.from({ length: Math.max(0, counts[look]) }, () => look),
  );
}

/** How squares are packed. */
export interface Packing {
  side: number;
  columns: number;
  lines: number;
}

/** As large as they can be in the room, at most `largest`; lines of equal length. Too many overflow it downwards. */
export function packed(count: number, width: number, height: number, largest: number): Packing {
  for (let side = largest; side > 1; side--) {
    const columns = Math.min(count, Math.max(1, Math.floor(width / side)));
    const lines = Math.ceil(count / columns);
    if (lines * side <= height) return { side, columns: Math.ceil(count / lines), lines };
  }
  const columns = Math.max(1, Math.floor(width));
  return { side: 1, columns, lines: Math.ceil(count / columns) };
}

/** The counties by the intact rate of the running month, the worst first. */
export function ranking(overview: Overview, areas: Areas): Rank[] {
  const { point_class: headline } = overview.headline;
  return overview.groups
    .filter((group) => group.network === null && group.point_class === headline && isCounty(group, areas))
    .flatMap((group) => {
      const intact = group.month ?? group.intact;
      return intact === null ? [] : [rank(group, intact, areas)];
    })
    .sort((a, b) => a.intact - b.intact || (a.code < b.code ? -1 : 1));
}

function isCounty(group: Group, areas: Areas): boolean {
  return group.region !== null && areas.isCounty(group.region);
}

function rank(group: Group, intact: number, areas: Areas): Rank {
  const code = group.region ?? "";
  const { month_low: low, month_high: high, target } = group;
  return { code, name: areas.name(code), intact, low, high, target, verdict: verdictOf(low, high, target) };
}

export function verdictOf(low: number | null, high: number | null, target: number | null): Rank["verdict"] {
  if (target === null || low === null || high === null) return null;
  if (low >= target) return "met";
  return high < target ? "missed" : "unproven";
}
