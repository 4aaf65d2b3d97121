/** What is written upon the heat grid: counties at the left, towns when there is room, a frame around an outage. */

import type { Block, Grid } from "./grid";
import { Look } from "./looks";
import type { Rect } from "./raster";
import type { Tints } from "./scene";

/** One outage, told once: a frame around towns, or around a whole county, with one label. */
export interface Frame {
  /** Numbers of the towns that it is around. */
  towns: readonly number[];
  /** The number of the county that it is around as a whole; -1 if it is around each of its towns. */
  county: number;
  label: string;
  /** The look of its edge. */
  look: number;
}

export interface Names {
  /** The width at the left that county names get, CSS pixels. */
  gutter: number;
  county(number: number): string;
  /** What is wrong in a county, in few characters; "" when nothing is. */
  trouble(number: number): string;
  town(number: number): string;
}

/** The part of a grid's scene that is needed here. */
interface Sheet {
  readonly grid: Grid;
  readonly pitch: number;
  readonly frames: readonly Frame[];
  atX(column: number): number;
  atY(row: number): number;
}

interface Room {
  width: number;
  height: number;
  gutter: number;
  density: number;
}

/** Town names are written when the row above a line is so many CSS pixels high. */
const LEGIBLE = 12;

export function paintNames(
  canvas: CanvasRenderingContext2D,
  sheet: Sheet,
  names: Names,
  tints: Tints,
  room: Room,
): void {
  canvas.textBaseline = "middle";
  const framed = new Map<number, Frame>();
  for (const frame of sheet.frames) for (const town of frame.towns) framed.set(town, frame);
  if (sheet.pitch >= LEGIBLE * room.density) paintTowns(canvas, sheet, names, tints, room, framed);
  for (const frame of sheet.frames) paintFrame(canvas, sheet, tints, room, frame);
  paintLabels(canvas, sheet, tints, room);
  paintCounties(canvas, sheet, names, tints, room);
}

function font(canvas: CanvasRenderingContext2D, tints: Tints, room: Room, size: number, weight = 400): void {
  canvas.font = `${weight} ${Math.round(size * room.density)}px ${tints.font}`;
}

function paintTowns(
  canvas: CanvasRenderingContext2D,
  sheet: Sheet,
  names: Names,
  tints: Tints,
  room: Room,
  framed: ReadonlyMap<number, Frame>,
): void {
  font(canvas, tints, room, Math.min(12, (sheet.pitch / room.density) * 0.8));
  canvas.fillStyle = tints.quiet;
  for (const block of sheet.grid.blocks) {
    const y = sheet.atY(block.y - 0.5);
    const x = sheet.atX(block.x);
    const right = sheet.atX(block.x + block.columns);
    if (y < 0 || y > room.height || right < room.gutter || x > room.width || framed.has(block.town)) continue;
    const text = shortened(canvas, names.town(block.town), right - x + sheet.pitch * 0.5);
    canvas.fillText(text, Math.max(x, room.gutter), y);
  }
}

/** A text that is not wider than `width`; cut with an ellipsis, or nothing where not even that has room. */
function shortened(canvas: CanvasRenderingContext2D, text: string, width: number): string {
  if (canvas.measureText(text).width <= width) return text;
  for (let length = text.length - 1; length > 0; length--) {
    const cut = `${text.slice(0, length)}…`;
    if (canvas.measureText(cut).width <= width) return cut;
  }
  return "";
}

/** Where the frame's rectangles are. */
function rectsOf(sheet: Sheet, room: Room, frame: Frame): Rect[] {
  if (frame.county >= 0) {
    return sheet.grid.bands
      .filter((band) => band.county === frame.county)
      .map((band) => around(sheet, room, sheet.grid.blocks.slice(band.from, band.to)));
  }
  const towns = new Set(frame.towns);
  return sheet.grid.blocks
    .filter((block) => towns.has(block.town))
    .map((block) => around(sheet, room, [block]));
}

/** The rectangle around some blocks, a little apart from them. */
function around(sheet: Sheet, room: Room, blocks: readonly Block[]): Rect {
  const margin = Math.max(1, Math.round(1.5 * room.density));
  const left = Math.min(...blocks.map((block) => block.x));
  const top = Math.min(...blocks.map((block) => block.y));
  const right = Math.max(...blocks.map((block) => block.x + block.columns));
  const bottom = Math.max(...blocks.map((block) => block.y + Math.min(block.rows, block.count)));
  return {
    x: sheet.atX(left) - margin - 0.5,
    y: sheet.atY(top) - margin - 0.5,
    width: (right - left) * sheet.pitch + 2 * margin,
    height: (bottom - top) * sheet.pitch + 2 * margin,
  };
}

function paintFrame(
  canvas: CanvasRenderingContext2D,
  sheet: Sheet,
  tints: Tints,
  room: Room,
  frame: Frame,
): void {
  canvas.strokeStyle = tints.looks[frame.look];
  canvas.lineWidth = Math.max(1, Math.round(1.5 * room.density));
  for (const { x, y, width, height } of rectsOf(sheet, room, frame)) canvas.strokeRect(x, y, width, height);
}

/** Each label once, at its first block in sight, where it covers no other label. */
function paintLabels(canvas: CanvasRenderingContext2D, sheet: Sheet, tints: Tints, room: Room): void {
  font(canvas, tints, room, 12, 600);
  const taken: Rect[] = [];
  for (const frame of sheet.frames) {
    const width = Math.ceil(canvas.measureText(frame.label).width) + 6 * room.density;
    const spot = rectsOf(sheet, room, frame)
      .flatMap((rect) => spotsFor(rect, width, room))
      .find((each) => !taken.some((other) => overlap(each, other)));
    if (spot === undefined) continue;
    taken.push(spot);
    paintLabel(canvas, spot, frame, tints, room);
  }
}

/** Above the block or below it, within the frame; none where the block is out of sight. */
function spotsFor(block: Rect, width: number, room: Room): Rect[] {
  const height = 16 * room.density;
  const right = block.x + block.width;
  if (right < room.gutter || block.x > room.width || block.y + block.height < 0 || block.y > room.height)
    return [];
  const x = Math.max(room.gutter, Math.min(block.x, room.width - width));
  return [block.y - height, block.y + block.height]
    .filter((y) => y >= 0 && y + height <= room.height)
    .map((y) => ({ x, y, width, height }));
}

function overlap(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function paintLabel(
  canvas: CanvasRenderingContext2D,
  spot: Rect,
  frame: Frame,
  tints: Tints,
  room: Room,
): void {
  canvas.fillStyle = tints.ground;
  canvas.fillRect(spot.x, spot.y, spot.width, spot.height);
  canvas.fillStyle = tints.looks[frame.look];
  canvas.fillText(frame.label, spot.x + 3 * room.density, spot.y + spot.height / 2 + room.density / 2);
}

function paintCounties(
  canvas: CanvasRenderingContext2D,
  sheet: Sheet,
  names: Names,
  tints: Tints,
  room: Room,
): void {
  canvas.fillStyle = tints.ground;
  canvas.fillRect(0, 0, room.gutter - 1, room.height);
  for (const band of sheet.grid.bands) {
    const top = Math.max(0, sheet.atY(band.y + 1));
    const bottom = Math.min(room.height, sheet.atY(band.y + band.height));
    const county = { name: names.county(band.county), trouble: names.trouble(band.county) };
    if (bottom - top >= 10 * room.density) paintCounty(canvas, county, tints, room, top, bottom);
  }
}

/** Its name, and beside it what is wrong; below it where there is no room beside it. */
function paintCounty(
  canvas: CanvasRenderingContext2D,
  { name, trouble }: { name: string; trouble: string },
  tints: Tints,
  room: Room,
  top: number,
  bottom: number,
): void {
  const line = 18 * room.density;
  const width = room.gutter - 8 * room.density;
  font(canvas, tints, room, 13);
  canvas.fillStyle = tints.text;
  const written = shortened(canvas, name, width);
  canvas.fillText(written, 0, top + line / 2);
  const left = canvas.measureText(written).width + 8 * room.density;
  font(canvas, tints, room, 12, 600);
  canvas.fillStyle = tints.looks[Look.down];
  if (left + canvas.measureText(trouble).width <= width) canvas.fillText(trouble, left, top + line / 2);
  else if (bottom - top >= 2 * line) canvas.fillText(trouble, 0, top + line * 1.5);
}
