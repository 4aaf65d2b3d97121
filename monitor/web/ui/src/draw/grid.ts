/**
 * Where the cells of the heat grid lie: a band per county, in it a block per town, in that a cell per point.
 *
 * All lengths are in cells; the view turns them into pixels. Blocks of one line have the same number of rows and
 * are filled column by column, so that a line reads like a shelf. Above each line one row is left for names.
 */

/** A town with its cells `first` … `first + count - 1`; towns of one county follow each other. */
export interface Town {
  county: number;
  first: number;
  count: number;
}

export interface Block {
  town: number;
  x: number;
  y: number;
  columns: number;
  rows: number;
  first: number;
  count: number;
}

/** Blocks side by side: `from` … `to - 1`; `y` is their upper edge, below the row of names. */
export interface Line {
  y: number;
  rows: number;
  from: number;
  to: number;
}

export interface Band {
  county: number;
  y: number;
  height: number;
  from: number;
  to: number;
}

export interface Grid {
  width: number;
  height: number;
  rows: number;
  bands: Band[];
  lines: Line[];
  blocks: Block[];
}

export interface Place {
  x: number;
  y: number;
}

const NAMES = 1;
const BETWEEN_TOWNS = 1;
const BETWEEN_COUNTIES = 1;
const ROWS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 28, 32, 40, 50, 64] as const;

/** Lay the towns out `width` cells wide with lines of `rows` rows; a town wider than that gets more rows. */
export function layGrid(towns: readonly Town[], width: number, rows: number): Grid {
  const grid: Grid = { width, height: 0, rows, bands: [], lines: [], blocks: [] };
  let next = 0;
  while (next < towns.length) {
    if (next > 0) grid.height += BETWEEN_COUNTIES;
    next = layBand(grid, towns, next);
  }
  return grid;
}

function layBand(grid: Grid, towns: readonly Town[], start: number): number {
  const county = towns[start].county;
  const from = grid.blocks.length;
  const y = grid.height;
  let next = start;
  while (next < towns.length && towns[next].county === county) {
    next = layLine(grid, towns, next, county);
  }
  grid.bands.push({ county, y, height: grid.height - y, from, to: grid.blocks.length });
  return next;
}

function layLine(grid: Grid, towns: readonly Town[], start: number, county: number): number {
  const line: Line = { y: grid.height + NAMES, rows: 0, from: grid.blocks.length, to: 0 };
  let x = 0;
  let next = start;
  for (; next < towns.length; next++) {
    const town = towns[next];
    const rows = Math.max(grid.rows, Math.ceil(town.count / grid.width));
    const columns = Math.ceil(town.count / rows);
    if (town.county !== county || (x > 0 && x + columns > grid.width)) break;
    grid.blocks.push({ town: next, x, y: line.y, columns, rows, first: town.first, count: town.count });
    line.rows = Math.max(line.rows, rows);
    x += columns + BETWEEN_TOWNS;
  }
  line.to = grid.blocks.length;
  grid.lines.push(line);
  grid.height = line.y + line.rows;
  return next;
}

/**
 * The layout with the largest cells that shows all of them in `width` × `height` pixels, and its pitch. When not
 * even the smallest cells fit, the layout is as wide as the room and higher than it.
 */
export function fitGrid(
  towns: readonly Town[],
  width: number,
  height: number,
  pitches: { smallest: number; largest: number },
): { grid: Grid; pitch: number } {
  for (let pitch = pitches.largest; pitch >= pitches.smallest; pitch--) {
    const grid = lowest(towns, Math.floor(width / pitch));
    if (grid.height * pitch <= height) return { grid, pitch };
  }
  return { grid: lowest(towns, Math.floor(width / pitches.smallest)), pitch: pitches.smallest };
}

function lowest(towns: readonly Town[], width: number): Grid {
  let best: Grid | null = null;
  for (const rows of ROWS) {
    const grid = layGrid(towns, Math.max(1, width), rows);
    if (best === null || grid.height < best.height) best = grid;
  }
  return best as Grid;
}

/** The column and row of the `index`-th cell of a block, in cells from the grid's upper left. */
export function placeIn(block: Block, index: number): Place {
  return { x: block.x + Math.floor(index / block.rows), y: block.y + (index % block.rows) };
}

/** The cell at a place (fractions allowed), or -1 where there is none. */
export function cellAt(grid: Grid, x: number, y: number): number {
  const line = grid.lines[lastAtMost(grid.lines, y, (each) => each.y)];
  if (line === undefined || y >= line.y + line.rows) return -1;
  const block = grid.blocks[blockAt(grid, line, x)];
  if (block === undefined || x < block.x) return -1;
  const column = Math.floor(x - block.x);
  const row = Math.floor(y - block.y);
  const index = column * block.rows + row;
  return column < block.columns && row < block.rows && index < block.count ? block.first + index : -1;
}

/** The last block of a line that begins at or left of `x`; its first one where none does. */
function blockAt(grid: Grid, line: Line, x: number): number {
  let low = line.from;
  let high = line.to - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (grid.blocks[middle].x <= x) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The number of the last item whose key is not above `value`, or -1. The keys ascend. */
export function lastAtMost<T>(items: readonly T[], value: number, key: (item: T) => number): number {
  let low = -1;
  let high = items.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (key(items[middle]) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The block that holds a cell. Blocks are in the order of their cells. */
export function blockOf(grid: Grid, cell: number): number {
  return lastAtMost(grid.blocks, cell, (block) => block.first);
}

/** Where a cell lies. */
export function placeOf(grid: Grid, cell: number): Place {
  const block = grid.blocks[blockOf(grid, cell)];
  return block === undefined ? { x: 0, y: 0 } : placeIn(block, cell - block.first);
}

/** The cell that an arrow key leads to from `cell`; the same one at the edge. */
export function neighbour(grid: Grid, cell: number, dx: number, dy: number): number {
  const number = blockOf(grid, cell);
  const block = grid.blocks[number];
  if (block === undefined) return cell;
  const index = cell - block.first;
  if (dx !== 0) return beside(grid, number, index, dx);
  const row = (index % block.rows) + dy;
  const inside = index + dy;
  if (row >= 0 && row < block.rows && inside >= 0 && inside < block.count) return block.first + inside;
  return inNextLine(grid, block, Math.floor(index / block.rows), dy) ?? cell;
}

function beside(grid: Grid, number: number, index: number, dx: number): number {
  const block = grid.blocks[number];
  const inside = index + dx * block.rows;
  if (inside >= 0 && inside < block.count) return block.first + inside;
  const row = index % block.rows;
  const column = Math.floor(index / block.rows) + dx;
  // The last column may be shorter than the others: then its last cell is the one beside.
  if (dx > 0 && column < block.columns) return block.first + block.count - 1;
  const other = grid.blocks[number + dx];
  if (other === undefined) return block.first + index;
  const far = dx > 0 ? 0 : other.columns - 1;
  return other.first + Math.min(other.count - 1, far * other.rows + Math.min(row, other.rows - 1));
}

function inNextLine(grid: Grid, block: Block, column: number, dy: number): number | null {
  const now = lastAtMost(grid.lines, block.y, (line) => line.y);
  const line = grid.lines[now + dy];
  if (line === undefined) return null;
  const x = block.x + column;
  const other = grid.blocks[blockAt(grid, line, x)];
  const across = Math.min(Math.max(0, x - other.x), other.columns - 1);
  const top = across * other.rows;
  return other.first + (dy > 0 ? top : Math.min(other.count, top + other.rows) - 1);
}

/** A run of cells of one block that lies (partly) in a window: whole columns. */
export interface Run {
  block: Block;
  from: number;
  to: number;
}

/** The cells in a window of the grid, as runs; `x`, `y`, `width`, `height` in cells. */
export function* runsIn(grid: Grid, x: number, y: number, width: number, height: number): Generator<Run> {
  const first = Math.max(
    0,
    lastAtMost(grid.lines, y, (line) => line.y),
  );
  for (let number = first; number < grid.lines.length; number++) {
    const line = grid.lines[number];
    if (line.y >= y + height) return;
    if (line.y + line.rows <= y) continue;
    for (let at = blockAt(grid, line, x); at < line.to; at++) {
      const block = grid.blocks[at];
      if (block.x >= x + width) break;
      const left = Math.max(0, Math.floor(x - block.x));
      const right = Math.min(block.columns, Math.ceil(x + width - block.x));
      if (right <= left) continue;
      yield { block, from: left * block.rows, to: Math.min(block.count, right * block.rows) };
    }
  }
}
