/** The points of the board in the order of the grid: by county, town and inventory; a cell per place. Pure. */

import type { Town } from "../../draw/grid";
import { LOOKS, type Look, lookOf, louder } from "../../draw/looks";
import { project } from "../../draw/mercator";
import type { Cells } from "../../live/cells";
import type { Region } from "../../types";
import { type Area, Areas } from "./areas";

/** A town and where its cells are. */
export interface TownCells extends Town {
  code: string;
  name: string;
}

/** A place of the grid, before cells get their numbers. */
interface Seat {
  county: Area;
  town: Area;
  rows: number[];
}

/**
 * A cell is a point: a node with a class, in all networks that watch it. A site without points shows all its nodes.
 * Where the watches of a point differ, the cell shows the loudest.
 */
export class Field {
  readonly size: number;
  readonly towns: TownCells[] = [];
  readonly counties: Area[] = [];
  readonly looks: Uint8Array;
  /** How many cells of each town have each look: `LOOKS.length` counts after each other. */
  readonly counts: Uint32Array;
  private readonly seats: Seat[];
  private readonly townOf: Uint32Array;
  private readonly cells: Int32Array;

  constructor(
    private readonly board: Cells,
    regions: readonly Region[],
  ) {
    this.seats = seatsOf(board, new Areas(regions));
    this.size = this.seats.length;
    this.looks = new Uint8Array(this.size);
    this.townOf = new Uint32Array(this.size);
    this.cells = new Int32Array(board.size).fill(-1);
    this.seats.forEach((seat, cell) => {
      this.sit(seat, cell);
    });
    this.counts = new Uint32Array(this.towns.length * LOOKS.length);
    for (let cell = 0; cell < this.size; cell++) {
      this.looks[cell] = this.lookNow(cell);
      this.counts[this.townOf[cell] * LOOKS.length + this.looks[cell]] += 1;
    }
  }

  private sit(seat: Seat, cell: number): void {
    const before = this.seats[cell - 1];
    if (before?.county.code !== seat.county.code) this.counties.push(seat.county);
    if (before?.county.code !== seat.county.code || before.town.code !== seat.town.code) {
      this.towns.push({ ...seat.town, county: this.counties.length - 1, first: cell, count: 0 });
    }
    const town = this.towns.length - 1;
    this.towns[town].count += 1;
    this.townOf[cell] = town;
    for (const row of seat.rows) this.cells[row] = cell;
  }

  private lookNow(cell: number): Look {
    const { state, upstream, excluded } = this.board;
    return this.seats[cell].rows
      .map((row) => lookOf(state[row], upstream[row] === 1, excluded[row] === 1))
      .reduce(louder);
  }

  /** Rows of the board have changed: the cells that look different now. */
  update(rows: readonly number[]): number[] {
    const changed: number[] = [];
    for (const row of rows) {
      const cell = this.cells[row] ?? -1;
      if (cell < 0) continue;
      const look = this.lookNow(cell);
      if (look === this.looks[cell]) continue;
      const counts = this.townOf[cell] * LOOKS.length;
      this.counts[counts + this.looks[cell]] -= 1;
      this.counts[counts + look] += 1;
      this.looks[cell] = look;
      changed.push(cell);
    }
    return changed;
  }

  /** The row of the board that a cell's look comes from. */
  rowOf(cell: number): number {
    const { state, upstream, excluded } = this.board;
    const { rows } = this.seats[cell];
    const looks = rows.map((row) => lookOf(state[row], upstream[row] === 1, excluded[row] === 1));
    return rows[looks.indexOf(this.looks[cell] as Look)] ?? rows[0];
  }

  /** The cell of a row of the board, -1 if it is no point. */
  cellOf(row: number): number {
    return this.cells[row] ?? -1;
  }

  town(cell: number): TownCells {
    return this.towns[this.townOf[cell]];
  }

  county(cell: number): Area {
    return this.counties[this.town(cell).county];
  }

  /** How many cells of a town have a look. */
  ofTown(town: number, look: Look): number {
    return this.counts[town * LOOKS.length + look];
  }

  /** How many cells of a county have a look. */
  ofCounty(county: number, look: Look): number {
    return this.towns.reduce(
      (sum, town, number) => sum + (town.county === county ? this.ofTown(number, look) : 0),
      0,
    );
  }

  /** How many cells of all have a look. */
  ofAll(look: Look): number {
    return this.counties.reduce((sum, _, county) => sum + this.ofCounty(county, look), 0);
  }

  /** The next cell after `cell` that is not up, around the end; -1 when all are. */
  nextTrouble(cell: number): number {
    for (let step = 1; step <= this.size; step++) {
      const other = (cell + step) % this.size;
      if (this.looks[other] !== 0) return other;
    }
    return -1;
  }

  /** x and y of each cell in the square world of the map, NaN where nobody knows the place. */
  spots(): Float64Array {
    const spots = new Float64Array(2 * this.size).fill(Number.NaN);
    this.seats.forEach(({ rows }, cell) => {
      const row = rows[0];
      if (Number.isNaN(this.board.lon[row]) || Number.isNaN(this.board.lat[row])) return;
      const { x, y } = project(this.board.lon[row], this.board.lat[row]);
      spots[2 * cell] = x;
      spots[2 * cell + 1] = y;
    });
    return spots;
  }
}

function seatsOf(board: Cells, areas: Areas): Seat[] {
  const some = board.pointClass.some((each) => each > 0);
  const places = new Map<string, Seat>();
  for (let row = 0; row < board.size; row++) {
    if (some && board.pointClass[row] === 0) continue;
    const known = places.get(board.id[row]);
    if (known !== undefined) known.rows.push(row);
    else places.set(board.id[row], { ...areas.of(board.regions[board.region[row]] ?? ""), rows: [row] });
  }
  const seats = [...places.values()];
  // Sorting is stable: within a town points stay in the order of the inventory.
  return seats.sort((a, b) => compare(a.county.code, b.county.code) || compare(a.town.code, b.town.code));
}

/** By code; what lies in no region comes last. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  if (one === "" || other === "") return one === "" ? 1 : -1;
  return one < other ? -1 : 1;
}
