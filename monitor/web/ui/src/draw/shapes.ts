/**
 * The shapes of the looks, as coverage of the unit square, and sprites made of them.
 *
 * Colours alone are not enough for everybody (docs/design.md §11): full square, notch, cross, hatch, dotted hollow, ring. The
 * sprites are computed pixel by pixel, so that they are crisp at every size and need no canvas.
 */

import { CLEAR, mix, type Pixel } from "./colour";
import { Look } from "./looks";

/** Below this many pixels a shape is a blur: the colour alone speaks. */
export const SMALLEST_SHAPE = 6;

/** Where a sample lies: `u`, `v` in the unit square, `x`, `y` in pixels, `size` the square's side in pixels. */
interface Sample {
  u: number;
  v: number;
  x: number;
  y: number;
  size: number;
}

type Shape = (at: Sample) => number;

const full: Shape = () => 1;

const notched: Shape = ({ u, v }) => (u > 0.58 && v < 0.42 ? 0 : 1);

const cross: Shape = ({ u, v }) => {
  const near = Math.min(Math.abs(u - v), Math.abs(u + v - 1));
  return near < 0.26 ? 1 : 0;
};

/** Diagonal stripes upon a weak ground, a stripe of at least 1.2 pixels. */
const hatched: Shape = ({ x, y, size }) => {
  const period = Math.max(4, size / 3);
  const phase = (((x + y) % period) + period) % period;
  return phase < Math.max(1.2, period * 0.42) ? 1 : 0.28;
};

/** A dotted edge: dots and gaps of a quarter of the side at most. */
const dotted: Shape = ({ x, y, size }) => {
  const edge = Math.max(1, Math.round(size * 0.11));
  const outside = x < edge || y < edge || x >= size - edge || y >= size - edge;
  if (!outside) return 0;
  const dot = Math.max(1, Math.round(size / 7));
  const along = y < edge || y >= size - edge ? x : y;
  return Math.floor(along / dot) % 2 === 0 ? 1 : 0.25;
};

const ring: Shape = ({ u, v }) => {
  const radius = Math.hypot(u - 0.5, v - 0.5);
  return radius <= 0.5 && radius >= 0.29 ? 1 : 0;
};

/** In the order of {@link Look}. */
const SHAPES: readonly Shape[] = [full, notched, cross, hatched, dotted, ring];

const SAMPLES = 4;

/** How much of a pixel is covered by the shape, 0 to 1. */
export function coverage(look: Look, column: number, row: number, size: number): number {
  if (size < SMALLEST_SHAPE) return look === Look.unknown ? 0.7 : 1;
  const shape = SHAPES[look] ?? full;
  let sum = 0;
  for (let i = 0; i < SAMPLES; i++) {
    for (let j = 0; j < SAMPLES; j++) {
      const x = column + (i + 0.5) / SAMPLES;
      const y = row + (j + 0.5) / SAMPLES;
      sum += shape({ u: x / size, v: y / size, x, y, size });
    }
  }
  return sum / (SAMPLES * SAMPLES);
}

/** One look as pixels: `side` wide and high, row by row. */
export interface Sprite {
  side: number;
  pixels: Uint32Array;
}

/** The gap between two cells that are `pitch` device pixels apart. */
export function gapOf(pitch: number): number {
  return pitch < 4 ? 0 : Math.max(1, Math.round(pitch * 0.12));
}

/** The sprites of all looks. `side` pixels square, the shape in the upper left with `gap` pixels of ground beside it. */
export function spritesOf(
  inks: readonly Pixel[],
  side: number,
  gap: number,
  ground: Pixel = CLEAR,
): Sprite[] {
  const size = side - gap;
  return inks.map((ink, look) => {
    const pixels = new Uint32Array(side * side).fill(ground);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        pixels[row * side + column] = mix(ground, ink, coverage(look as Look, column, row, size));
      }
    }
    return { side, pixels };
  });
}
