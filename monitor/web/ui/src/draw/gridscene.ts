/** The heat grid as a scene: whole pixels per cell, county names at the left that stay in sight. */

import { pixelOf } from "./colour";
import {
  type Block,
  blockOf,
  cellAt,
  fitGrid,
  type Grid,
  layGrid,
  neighbour,
  placeIn,
  placeOf,
  runsIn,
  type Town,
} from "./grid";
import { type Frame, type Names, paintNames } from "./names";
import type { Raster, Rect } from "./raster";
import { nudge, type Scene, type Tints, within } from "./scene";
import { gapOf, type Sprite, spritesOf } from "./shapes";

/** The most that a cell is enlarged to, CSS pixels. */
const LARGEST = 44;
/** The most that a cell is at first, CSS pixels: a small site does not fill the wall with huge squares. */
const LARGEST_AT_FIRST = 22;
const SMALLEST = 2;

export class GridScene implements Scene {
  grid: Grid = layGrid([], 1, 1);
  pitch = 1;
  /** The frames around what an outage has taken, and their labels. */
  frames: readonly Frame[] = [];
  private least = 1;
  private scale = 1;
  private left = 0;
  private top = 0;
  private width = 1;
  private height = 1;
  private density = 1;
  private tints: Tints | null = null;
  private readonly sprites = new Map<number, Sprite[]>();

  constructor(
    private readonly towns: readonly Town[],
    private readonly looks: Uint8Array,
    private readonly names: Names,
  ) {}

  private get gutter(): number {
    return Math.round(this.names.gutter * this.density);
  }

  resize(width: number, height: number, density: number): void {
    const { whole } = this;
    [this.width, this.height, this.density] = [width, height, density];
    const room = Math.max(1, width - this.gutter);
    const largest = Math.round(LARGEST_AT_FIRST * density);
    const fitted = fitGrid(this.towns, room, height, { smallest: SMALLEST, largest });
    this.grid = fitted.grid;
    this.least = fitted.pitch;
    if (whole || this.pitch < this.least) this.reset();
    else this.settle();
  }

  tint(tints: Tints): void {
    this.tints = tints;
    this.sprites.clear();
  }

  get whole(): boolean {
    return this.pitch === this.least && this.grid.height * this.pitch <= this.height;
  }

  reset(): void {
    this.scale = this.least;
    this.pitch = this.least;
    this.left = 0;
    this.top = 0;
    this.settle();
  }

  pan(dx: number, dy: number): boolean {
    const before = [this.left, this.top];
    this.left -= Math.round(dx);
    this.top -= Math.round(dy);
    this.settle();
    return this.left !== before[0] || this.top !== before[1];
  }

  zoom(factor: number, x: number, y: number): boolean {
    const [before, scale] = [this.pitch, this.scale];
    this.scale = within(this.scale * factor, this.least, Math.max(this.least, LARGEST * this.density));
    this.pitch = Math.round(this.scale);
    const grown = this.pitch / before;
    this.left = Math.round((this.left + x - this.gutter) * grown - (x - this.gutter));
    this.top = Math.round((this.top + y) * grown - y);
    this.settle();
    return this.scale !== scale;
  }

  /** Never beside the grid; in the middle where it is lower than the frame. */
  private settle(): void {
    const spare = this.height - this.grid.height * this.pitch;
    this.left = within(this.left, 0, Math.max(0, this.grid.width * this.pitch - this.width + this.gutter));
    this.top = spare >= 0 ? -Math.round(spare / 2) : within(this.top, 0, -spare);
  }

  reveal(cell: number): boolean {
    const box = this.box(cell);
    const margin = this.pitch * 2;
    return this.pan(
      nudge(box.x, box.x + box.width, this.gutter + margin, this.width - margin),
      nudge(box.y, box.y + box.height, margin, this.height - margin),
    );
  }

  hit(x: number, y: number): number {
    if (x < this.gutter) return -1;
    return cellAt(this.grid, (x - this.gutter + this.left) / this.pitch, (y + this.top) / this.pitch);
  }

  box(cell: number): Rect {
    const { x, y } = placeOf(this.grid, cell);
    const side = this.pitch - gapOf(this.pitch);
    return { x: this.atX(x), y: this.atY(y), width: side, height: side };
  }

  step(cell: number, dx: number, dy: number): number {
    return neighbour(this.grid, cell, dx, dy);
  }

  /** Columns and rows of cells to pixels of the frame. */
  atX(column: number): number {
    return this.gutter + column * this.pitch - this.left;
  }

  atY(row: number): number {
    return row * this.pitch - this.top;
  }

  private cells(): Sprite[] {
    const { pitch, tints } = this;
    let found = this.sprites.get(pitch);
    if (found === undefined) {
      const inks = (tints?.looks ?? []).map(pixelOf);
      found = spritesOf(inks, pitch, gapOf(pitch), pixelOf(tints?.ground ?? "#000"));
      this.sprites.set(pitch, found);
    }
    return found;
  }

  paint(raster: Raster): void {
    raster.fill(pixelOf(this.tints?.ground ?? "#000"));
    const { pitch } = this;
    const sprites = this.cells();
    const x = Math.floor(this.left / pitch);
    const y = Math.floor(this.top / pitch);
    const across = Math.ceil((this.width - this.gutter) / pitch) + 1;
    for (const { block, from, to } of runsIn(this.grid, x, y, across, Math.ceil(this.height / pitch) + 1)) {
      for (let index = from; index < to; index++) this.put(raster, sprites, block, index);
    }
  }

  private put(raster: Raster, sprites: Sprite[], block: Block, index: number): void {
    const column = Math.floor(index / block.rows);
    const x = this.atX(block.x + column);
    const y = this.atY(block.y + index - column * block.rows);
    raster.put(sprites[this.looks[block.first + index]], x, y);
  }

  repaint(raster: Raster, cells: readonly number[]): Rect[] {
    const sprites = this.cells();
    const rects: Rect[] = [];
    for (const cell of cells) {
      const block = this.grid.blocks[blockOf(this.grid, cell)];
      if (block === undefined) continue;
      const { x, y } = placeIn(block, cell - block.first);
      const rect = raster.clip({ x: this.atX(x), y: this.atY(y), width: this.pitch, height: this.pitch });
      if (rect === null) continue;
      this.put(raster, sprites, block, cell - block.first);
      rects.push(rect);
    }
    return rects;
  }

  under(): void {
    // Nothing lies beneath the cells of a grid.
  }

  over(canvas: CanvasRenderingContext2D): void {
    if (this.tints === null) return;
    paintNames(canvas, this, this.names, this.tints, { ...this.frame(), density: this.density });
  }

  private frame(): { width: number; height: number; gutter: number } {
    return { width: this.width, height: this.height, gutter: this.gutter };
  }
}
