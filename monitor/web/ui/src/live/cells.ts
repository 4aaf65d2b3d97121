/** The board as typed arrays: 100,000 watches that can be drawn sixty times a second. Pure. */
import type { Board } from "../types";

/** State codes of the board and of the event stream. */
export const UNKNOWN = 0;
export const DOWN = 1;
export const DEGRADED = 2;
export const UP = 3;

/** Entry *i* of each column speaks of the same watch. Changed in place; `row` finds a watch. */
export interface Cells {
  readonly size: number;
  readonly inventory: string;
  readonly networks: readonly string[];
  readonly regions: readonly string[];
  readonly contractors: readonly string[];
  readonly causes: string[];
  readonly kinds: readonly string[];
  readonly id: readonly string[];
  readonly name: readonly string[];
  readonly network: Uint8Array;
  readonly region: Uint32Array;
  readonly kind: Uint8Array;
  /** 0: no point. */
  readonly pointClass: Uint8Array;
  readonly contractor: Uint32Array;
  readonly state: Uint8Array;
  readonly cause: Uint8Array;
  /** Milliseconds since 1970; 0: nobody knows. */
  readonly since: Float64Array;
  /** NaN: nobody knows. */
  readonly lon: Float64Array;
  readonly lat: Float64Array;
  /** 1: down by another's fault. */
  readonly upstream: Uint8Array;
  /** 1: under approved maintenance. */
  readonly excluded: Uint8Array;
  /** The place of a watch, -1 if it is not on the board. */
  row(node: string, network: string): number;
}

/** A watch is shown in another state. */
export interface ChangeEvent {
  node: string;
  network: string;
  name: string;
  old: number;
  new: number;
  cause: string;
  since: number;
}

/** Whose fault it is that a watch is down. */
export interface BlameEvent {
  node: string;
  network: string;
  upstream: boolean;
  outage: string;
}

export function cellsOf(board: Board): Cells {
  const size = board.id.length;
  const places = new Map<string, number>();
  for (let row = 0; row < size; row += 1) places.set(`${board.network[row]} ${board.id[row]}`, row);
  return {
    size,
    inventory: board.inventory,
    networks: board.networks,
    regions: board.regions,
    contractors: board.contractors,
    causes: [...board.causes],
    kinds: board.kinds,
    id: board.id,
    name: board.name,
    network: Uint8Array.from(board.network),
    region: Uint32Array.from(board.region),
    kind: Uint8Array.from(board.kind),
    pointClass: Uint8Array.from(board.point_class),
    contractor: Uint32Array.from(board.contractor),
    state: Uint8Array.from(board.state),
    cause: Uint8Array.from(board.cause),
    since: Float64Array.from(board.since),
    lon: numbers(board.lon),
    lat: numbers(board.lat),
    upstream: marked(size, board.upstream),
    excluded: marked(size, board.excluded),
    row: (node, network) => places.get(`${board.networks.indexOf(network)} ${node}`) ?? -1,
  };
}

function numbers(values: readonly (number | null)[]): Float64Array {
  return Float64Array.from(values, (value) => value ?? Number.NaN);
}

function marked(size: number, rows: readonly number[]): Uint8Array {
  const found = new Uint8Array(size);
  for (const row of rows) found[row] = 1;
  return found;
}

/** The row that changed, -1 if the watch is not on the board. */
export function applyChange(cells: Cells, change: ChangeEvent): number {
  const row = cells.row(change.node, change.network);
  if (row < 0) return row;
  cells.state[row] = change.new;
  cells.cause[row] = causeOf(cells, change.cause);
  cells.since[row] = change.since;
  if (change.new !== DOWN) cells.upstream[row] = 0;
  return row;
}

/** The row that changed, -1 if the watch is not on the board. */
export function applyBlame(cells: Cells, blame: BlameEvent): number {
  const row = cells.row(blame.node, blame.network);
  if (row >= 0) cells.upstream[row] = blame.upstream ? 1 : 0;
  return row;
}

function causeOf(cells: Cells, cause: string): number {
  const known = cells.causes.indexOf(cause);
  return known >= 0 ? known : cells.causes.push(cause) - 1;
}
