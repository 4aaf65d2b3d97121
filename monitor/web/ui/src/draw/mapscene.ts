/** The map as a scene: a dot per point with a known place, upon the outline of the city where there is one. */

import { CLEAR, pixelOf } from "./colour";
import { LOUDNESS } from "./looks";
import { type Bounds, boundsOf, metresPerWorld, type Ring, type Spot, unproject } from "./mercator";
import type { Raster, Rect } from "./raster";
import { nudge, type Scene, type Tints, within } from "./scene";
import { type Sprite, spritesOf } from "./shapes";

/** How many times the whole can be enlarged. */
const MOST = 400;
/** Room at the edges, CSS pixels. */
const MARGIN = 24;
/** A pointer that is so near, CSS pixels, points at a dot. */
const REACH = 6;

/** A name above a spot of the square world. */
export interface Label {
  spot: Spot;
  text: string;
}

export class MapScene implements Scene {
  /** Device pixels per square world. */
  private scale = 1;
  private fitted = 1;
  private centre: Spot = { x: 0.5, y: 0.5 };
  private width = 1;
  private height = 1;
  private density = 1;
  private tints: Tints | null = null;
  private readonly bounds: Bounds;
  private readonly sprites = new Map<number, Sprite[]>();

  /** `spots`: x and y of each cell in the square world; NaN where the place is not known. */
  constructor(
    private readonly spots: Float64Array,
    private readonly looks: Uint8Array,
    private readonly outline: readonly Ring[],
    private readonly labels: readonly Label[],
  ) {
    const all = [spots, ...outline].flatMap((each) => [...known(each)]);
    this.bounds = boundsOf(all) ?? { left: 0, top: 0, right: 1, bottom: 1 };
  }

  resize(width: number, height: number, density: number): void {
    const { whole } = this;
    [this.width, this.height, this.density] = [width, height, density];
    const { left, right, top, bottom } = this.bounds;
    const margin = 2 * MARGIN * density;
    // A single point has no extent: a few kilometres around it are shown.
    const across = Math.max(right - left, 1e-4);
    const down = Math.max(bottom - top, 1e-4);
    this.fitted = Math.max(1, Math.min((width - margin) / across, (height - margin) / down));
    if (whole) this.reset();
    else this.settle();
  }

  tint(tints: Tints): void {
    this.tints = tints;
    this.sprites.clear();
  }

  get whole(): boolean {
    return this.scale <= this.fitted || this.fitted === 1;
  }

  reset(): void {
    this.scale = this.fitted;
    this.centre = middle(this.bounds);
  }

  pan(dx: number, dy: number): boolean {
    const before = this.centre;
    this.centre = { x: before.x - dx / this.scale, y: before.y - dy / this.scale };
    this.settle();
    return this.centre.x !== before.x || this.centre.y !== before.y;
  }

  zoom(factor: number, x: number, y: number): boolean {
    const before = this.scale;
    this.scale = within(before * factor, this.fitted, this.fitted * MOST);
    const moved = 1 / before - 1 / this.scale;
    this.centre = {
      x: this.centre.x + (x - this.width / 2) * moved,
      y: this.centre.y + (y - this.height / 2) * moved,
    };
    this.settle();
    return this.scale !== before;
  }

  /** The middle of the frame stays within the city; the whole city is in the middle. */
  private settle(): void {
    const { left, right, top, bottom } = this.bounds;
    this.scale = within(this.scale, this.fitted, this.fitted * MOST);
    if (this.whole) this.centre = middle(this.bounds);
    else this.centre = { x: within(this.centre.x, left, right), y: within(this.centre.y, top, bottom) };
  }

  reveal(cell: number): boolean {
    const box = this.box(cell);
    const margin = MARGIN * this.density;
    const dx = nudge(box.x, box.x + box.width, margin, this.width - margin);
    return this.pan(dx, nudge(box.y, box.y + box.height, margin, this.height - margin));
  }

  /** Dots grow with the map, far more slowly. */
  private get side(): number {
    const crowd = this.looks.length > 20_000 ? 3 : 6;
    const grown = crowd * (this.scale / this.fitted) ** 0.3;
    return Math.round(within(grown, crowd, 16) * this.density);
  }

  private x(cell: number): number {
    return Math.round((this.spots[2 * cell] - this.centre.x) * this.scale + this.width / 2);
  }

  private y(cell: number): number {
    return Math.round((this.spots[2 * cell + 1] - this.centre.y) * this.scale + this.height / 2);
  }

  /** The loudest dot within reach; of equally loud ones the nearest. */
  hit(x: number, y: number): number {
    const reach = REACH * this.density + this.side / 2;
    let best = -1;
    let merit = Number.NEGATIVE_INFINITY;
    for (let cell = 0; cell < this.looks.length; cell++) {
      const far = Math.hypot(this.x(cell) - x, this.y(cell) - y);
      const mine = LOUDNESS[this.looks[cell]] * 2 * reach - far;
      if (far <= reach && mine > merit) [best, merit] = [cell, mine];
    }
    return best;
  }

  box(cell: number): Rect {
    const { side } = this;
    return { x: this.x(cell) - (side >> 1), y: this.y(cell) - (side >> 1), width: side, height: side };
  }

  /** The nearest dot within 45° of the arrow's direction. */
  step(cell: number, dx: number, dy: number): number {
    const [x, y] = [this.spots[2 * cell], this.spots[2 * cell + 1]];
    let best = cell;
    let nearest = Number.POSITIVE_INFINITY;
    for (let other = 0; other < this.looks.length; other++) {
      const [east, south] = [this.spots[2 * other] - x, this.spots[2 * other + 1] - y];
      const ahead = east * dx + south * dy;
      const aside = Math.abs(east * dy) + Math.abs(south * dx);
      if (!(ahead > 0 && aside <= ahead)) continue;
      const far = ahead + aside;
      if (far < nearest) [best, nearest] = [other, far];
    }
    return best;
  }

  private dots(): Sprite[] {
    const { side, tints } = this;
    let found = this.sprites.get(side);
    if (found === undefined) {
      found = spritesOf((tints?.looks ?? []).map(pixelOf), side, 0);
      this.sprites.set(side, found);
    }
    return found;
  }

  paint(raster: Raster): void {
    raster.fill(CLEAR);
    const sprites = this.dots();
    const layers: number[][] = LOUDNESS.map(() => []);
    for (let cell = 0; cell < this.looks.length; cell++) {
      const [x, y] = [this.x(cell), this.y(cell)];
      const inside = x > -20 && y > -20 && x < this.width + 20 && y < this.height + 20;
      if (inside) layers[LOUDNESS[this.looks[cell]]].push(cell);
    }
    const half = this.side >> 1;
    for (const layer of layers) {
      for (const cell of layer)
        raster.lay(sprites[this.looks[cell]], this.x(cell) - half, this.y(cell) - half);
    }
  }

  /** Dots lie upon each other, so that one alone cannot be painted anew. */
  repaint(raster: Raster): Rect[] {
    this.paint(raster);
    return [{ x: 0, y: 0, width: raster.width, height: raster.height }];
  }

  under(canvas: CanvasRenderingContext2D): void {
    if (this.tints === null) return;
    canvas.beginPath();
    for (const ring of this.outline) {
      for (let at = 0; at < ring.length; at += 2) {
        const x = (ring[at] - this.centre.x) * this.scale + this.width / 2;
        const y = (ring[at + 1] - this.centre.y) * this.scale + this.height / 2;
        if (at === 0) canvas.moveTo(x, y);
        else canvas.lineTo(x, y);
      }
    }
    canvas.strokeStyle = this.tints.line;
    canvas.lineWidth = 1.5 * this.density;
    canvas.stroke();
  }

  over(canvas: CanvasRenderingContext2D): void {
    if (this.tints === null) return;
    this.paintLabels(canvas, this.tints);
    this.paintScale(canvas, this.tints);
  }

  private paintLabels(canvas: CanvasRenderingContext2D, tints: Tints): void {
    canvas.font = `${Math.round(13 * this.density)}px ${tints.font}`;
    canvas.textAlign = "center";
    canvas.fillStyle = tints.quiet;
    canvas.strokeStyle = tints.ground;
    canvas.lineWidth = 3 * this.density;
    for (const { spot, text } of this.labels) {
      const x = (spot.x - this.centre.x) * this.scale + this.width / 2;
      const y = (spot.y - this.centre.y) * this.scale + this.height / 2 - 10 * this.density;
      canvas.strokeText(text, x, y);
      canvas.fillText(text, x, y);
    }
    canvas.textAlign = "start";
  }

  /** There is nothing else to measure by. */
  private paintScale(canvas: CanvasRenderingContext2D, tints: Tints): void {
    const metres = metresPerWorld(unproject(this.centre).lat) / this.scale;
    const { length, text } = scaleBar(metres, 120 * this.density);
    const [x, y] = [MARGIN * this.density * 0.5, this.height - 10 * this.density];
    canvas.strokeStyle = tints.quiet;
    canvas.fillStyle = tints.quiet;
    canvas.lineWidth = this.density;
    canvas.font = `${Math.round(12 * this.density)}px ${tints.font}`;
    canvas.beginPath();
    canvas.moveTo(x, y - 4 * this.density);
    canvas.lineTo(x, y);
    canvas.lineTo(x + length, y);
    canvas.lineTo(x + length, y - 4 * this.density);
    canvas.stroke();
    canvas.fillText(text, x + 4 * this.density, y - 6 * this.density);
  }
}

/** The longest round length (1, 2, 5 × 10ⁿ metres) that is not longer than `room` pixels. */
export function scaleBar(metresPerPixel: number, room: number): { length: number; text: string } {
  const most = metresPerPixel * room;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = ([5, 2, 1].find((each) => each * power <= most) ?? 1) * power;
  const text = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  return { length: metres / metresPerPixel, text };
}

function* known(spots: Float64Array): Generator<Spot> {
  for (let at = 0; at < spots.length; at += 2) {
    if (!Number.isNaN(spots[at])) yield { x: spots[at], y: spots[at + 1] };
  }
}

function middle({ left, right, top, bottom }: Bounds): Spot {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}
