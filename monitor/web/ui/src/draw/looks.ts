/**
 * What a cell looks like: the state of a watch as people see it (docs/design.md §11).
 *
 * The numbers are indices into sprite and colour tables; `LOUDNESS` is the order in which one look hides another.
 */

export const Look = { up: 0, degraded: 1, down: 2, upstream: 3, unknown: 4, maintenance: 5 } as const;
export type Look = (typeof Look)[keyof typeof Look];

export const LOOKS = ["up", "degraded", "down", "upstream", "unknown", "maintenance"] as const;

/** The higher, the more it must be seen: where cells overlap, and where one place has several watches. */
export const LOUDNESS: readonly number[] = [0, 4, 5, 3, 2, 1];

/** The codes of `Board.state`. */
const CODE = { unknown: 0, down: 1, degraded: 2, up: 3 } as const;

/**
 * The look of a watch. Approved maintenance comes first: what is off by plan does not shout. A watch that is up
 * under maintenance still shows it, because its time is not counted.
 */
export function lookOf(state: number, upstream: boolean, excluded: boolean): Look {
  if (excluded) return Look.maintenance;
  if (state === CODE.up) return Look.up;
  if (state === CODE.degraded) return Look.degraded;
  if (state === CODE.down) return upstream ? Look.upstream : Look.down;
  return Look.unknown;
}

/** The louder of two looks. */
export function louder(one: Look, other: Look): Look {
  return (LOUDNESS[other] ?? 0) > (LOUDNESS[one] ?? 0) ? other : one;
}
