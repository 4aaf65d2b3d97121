/** What a stage shows: cells somewhere in a frame, that can be moved, enlarged, pointed at and walked through. */

import type { Raster, Rect } from "./raster";

/** Colours of a theme, as CSS has them. */
export interface Tints {
  ground: string;
  line: string;
  text: string;
  quiet: string;
  accent: string;
  /** In the order of `Look`. */
  looks: readonly string[];
  font: string;
}

/** All lengths are device pixels unless a name says otherwise. A cell is a number, -1 none. */
export interface Scene {
  /** The frame has another size, or the screen another density (device pixels per CSS pixel). */
  resize(width: number, height: number, density: number): void;
  tint(tints: Tints): void;
  /** What lies beneath the cells; the canvas is empty. */
  under(canvas: CanvasRenderingContext2D): void;
  /** All cells. */
  paint(raster: Raster): void;
  /** These cells alone, which have another look now; what of the frame has to be shown again. */
  repaint(raster: Raster, cells: readonly number[]): Rect[];
  /** What lies upon the cells: names, frames; the canvas is empty. */
  over(canvas: CanvasRenderingContext2D): void;
  hit(x: number, y: number): number;
  /** Where a cell is in the frame. */
  box(cell: number): Rect;
  /** The cell that an arrow key leads to. */
  step(cell: number, dx: number, dy: number): number;
  /** Whether anything moved. */
  pan(dx: number, dy: number): boolean;
  /** Enlarge around a place; whether anything changed. */
  zoom(factor: number, x: number, y: number): boolean;
  /** Everything at once again. */
  reset(): void;
  /** Move so that a cell is in the frame; whether anything moved. */
  reveal(cell: number): boolean;
  /** Everything is in the frame: there is nothing to pan. */
  readonly whole: boolean;
}

/** How far to move along one axis so that `from` … `to` lies in `low` … `high`. */
export function nudge(from: number, to: number, low: number, high: number): number {
  if (from < low) return low - from;
  if (to > high) return Math.max(high - to, low - from);
  return 0;
}

/** A value within bounds; the lower one where they contradict each other. */
export function within(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}
