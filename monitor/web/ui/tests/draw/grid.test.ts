import { describe, expect, test } from "vitest";
import {
  cellAt,
  fitGrid,
  type Grid,
  layGrid,
  neighbour,
  placeOf,
  runsIn,
  type Town,
} from "../../src/draw/grid";

/** A city: `counties` × `towns`, the cells spread unevenly as in life. */
function city(counties: number, towns: number, cells: number): Town[] {
  const weights = Array.from({ length: counties * towns }, (_, at) => 1 + ((at * 7919) % 13));
  const sum = weights.reduce((one, other) => one + other, 0);
  let first = 0;
  return weights.map((weight, at) => {
    const last = at === weights.length - 1;
    const count = last ? cells - first : Math.floor((cells * weight) / sum);
    const town = { county: Math.floor(at / towns), first, count };
    first += count;
    return town;
  });
}

function expectSound(grid: Grid, cells: number): void {
  const taken = new Set<number>();
  const wrong: number[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const { x, y } = placeOf(grid, cell);
    const inside = x >= 0 && x < grid.width && y >= 0 && y < grid.height;
    if (!inside || cellAt(grid, x + 0.5, y + 0.5) !== cell) wrong.push(cell);
    taken.add(y * grid.width + x);
  }
  expect(wrong).toEqual([]);
  expect(taken.size).toBe(cells);
}

const ROOM = { smallest: 2, largest: 24 };

describe("the layout of the heat grid", () => {
  test("gives each of 3,352 points a place of its own, and finds it there", () => {
    const { grid, pitch } = fitGrid(city(5, 25, 3352), 900, 520, ROOM);
    expectSound(grid, 3352);
    expect(grid.height * pitch).toBeLessThanOrEqual(520);
    expect(grid.width * pitch).toBeLessThanOrEqual(900);
    expect(pitch).toBeGreaterThanOrEqual(8);
  });

  test("gives each of 100,000 points a place of its own, in less than half a second", () => {
    const towns = city(30, 40, 100_000);
    const before = performance.now();
    const { grid, pitch } = fitGrid(towns, 900, 520, ROOM);
    expect(performance.now() - before).toBeLessThan(500);
    expectSound(grid, 100_000);
    expect(pitch).toBe(2);
  });

  test("keeps towns of one county in one band, and bands apart", () => {
    const { grid } = fitGrid(city(5, 25, 3352), 900, 520, ROOM);
    expect(grid.bands.map((band) => band.county)).toEqual([0, 1, 2, 3, 4]);
    for (const [at, band] of grid.bands.entries()) {
      const after = grid.bands[at + 1];
      if (after !== undefined) expect(after.y).toBeGreaterThanOrEqual(band.y + band.height + 1);
    }
  });

  test("gives a town that is wider than the room more rows", () => {
    const grid = layGrid([{ county: 0, first: 0, count: 1000 }], 20, 4);
    expect(grid.blocks).toHaveLength(1);
    expect(grid.blocks[0]).toMatchObject({ rows: 50, columns: 20 });
    expectSound(grid, 1000);
  });

  test("has no place for nothing", () => {
    const { grid } = fitGrid([], 900, 520, ROOM);
    expect(grid.height).toBe(0);
    expect(cellAt(grid, 3, 3)).toBe(-1);
    expect([...runsIn(grid, 0, 0, 10, 10)]).toEqual([]);
  });

  test("hits nothing between towns, in the rows of names and outside", () => {
    const grid = layGrid(city(2, 3, 60), 40, 4);
    const [one, two] = grid.blocks;
    expect(cellAt(grid, (one?.x ?? 0) + (one?.columns ?? 0) + 0.5, (one?.y ?? 0) + 0.5)).toBe(-1);
    expect(cellAt(grid, two?.x ?? 0, (two?.y ?? 0) - 0.5)).toBe(-1);
    expect(cellAt(grid, -1, 1.5)).toBe(-1);
    expect(cellAt(grid, 0.5, grid.height + 1)).toBe(-1);
  });
});

describe("a window of the grid", () => {
  test("holds exactly the cells that show in it, and whole columns of them", () => {
    const cells = 3352;
    const { grid } = fitGrid(city(5, 25, cells), 900, 520, ROOM);
    const window = { x: 17.5, y: 9.25, width: 30, height: 14 };
    const found = new Set<number>();
    for (const { block, from, to } of runsIn(grid, window.x, window.y, window.width, window.height)) {
      for (let at = from; at < to; at++) found.add(block.first + at);
    }
    for (let cell = 0; cell < cells; cell++) {
      const { x, y } = placeOf(grid, cell);
      const across = x + 1 > window.x && x < window.x + window.width;
      const down = y + 1 > window.y && y < window.y + window.height;
      if (across && down) expect(found.has(cell)).toBe(true);
      if (found.has(cell)) expect(across).toBe(true);
    }
    expect(found.size).toBeLessThan(cells / 2);
  });
});

describe("the keyboard's way through the grid", () => {
  const cells = 400;
  const grid = layGrid(city(3, 6, cells), 40, 5);

  test("reaches every cell by arrows alone", () => {
    const reached = new Set([0]);
    const open = [0];
    for (let cell = open.pop(); cell !== undefined; cell = open.pop()) {
      for (const [dx, dy] of [
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        const next = neighbour(grid, cell, dx, dy);
        expect(next >= 0 && next < cells).toBe(true);
        if (!reached.has(next)) {
          reached.add(next);
          open.push(next);
        }
      }
    }
    expect(reached.size).toBe(cells);
  });

  test("goes down a column, and on into the next line below", () => {
    const last = Math.min(grid.blocks[0]?.rows ?? 0, grid.blocks[0]?.count ?? 0) - 1;
    expect(neighbour(grid, 0, 0, 1)).toBe(1);
    const below = placeOf(grid, neighbour(grid, last, 0, 1));
    expect(below.y).toBe(grid.lines[1]?.y);
  });

  test("stays where it is at the edges", () => {
    expect(neighbour(grid, 0, -1, 0)).toBe(0);
    expect(neighbour(grid, 0, 0, -1)).toBe(0);
    expect(neighbour(grid, cells - 1, 1, 0)).toBe(cells - 1);
  });
});
