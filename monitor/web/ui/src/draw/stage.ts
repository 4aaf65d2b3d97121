/**
 * Where a scene is shown: three canvases upon each other (beneath, cells, names), drawn at most once a frame, and
 * only what changed. Pointer, wheel, pinch and keys come in here.
 */

import { Gestures } from "./gestures";
import { Raster } from "./raster";
import type { Scene, Tints } from "./scene";

/** What the stage tells. A cell is a number, -1 none. */
export interface Told {
  /** Pointed at with pointer or keys; where it is, in CSS pixels of the stage. */
  pointed(cell: number, box: { x: number; y: number; side: number }): void;
  /** Chosen: a click, Enter, the second tap. */
  chosen(cell: number): void;
}

/** More changed cells than this are copied to the screen as one picture. */
const MANY = 256;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const STEP = 1.4;

export class Stage {
  private readonly layers: readonly CanvasRenderingContext2D[];
  private readonly watcher: ResizeObserver;
  private readonly gestures: Gestures;
  private image: ImageData | null = null;
  private raster: Raster | null = null;
  private dirty: number[] = [];
  private isMoved = true;
  private isNamed = true;
  private frame = 0;
  private tints: Tints | null = null;
  private cursor = -1;

  /** `host` gets the canvases, and should be focusable and positioned. */
  constructor(
    private readonly host: HTMLElement,
    private scene: Scene,
    private readonly told: Told,
  ) {
    this.layers = [0, 1, 2].map(() => layer(host));
    this.watcher = new ResizeObserver(() => this.measure());
    this.watcher.observe(host);
    this.gestures = new Gestures(host, {
      density,
      hover: (x, y) => this.point(x, y),
      tap: (x, y, byTouch) => this.tap(x, y, byTouch),
      leave: () => this.pointAt(-1),
      pan: (dx, dy) => void this.move(this.scene.pan(dx, dy)),
      zoom: (factor, x, y) => this.move(this.scene.zoom(factor, x, y)),
    });
    this.measure();
  }

  end(): void {
    cancelAnimationFrame(this.frame);
    this.watcher.disconnect();
    this.gestures.end();
    for (const { canvas } of this.layers) canvas.remove();
  }

  /** Show another scene in the same place. */
  show(scene: Scene): void {
    this.scene = scene;
    this.cursor = -1;
    if (this.tints !== null) scene.tint(this.tints);
    this.measure();
  }

  tint(tints: Tints): void {
    this.tints = tints;
    this.scene.tint(tints);
    this.move(true);
  }

  /**
   * Everything on the middle canvas, at once and in these colours. A printer does not wait for the next frame, and
   * what is clear in a canvas is white on paper, so that one alone may lie there; and it knows nothing of pixels that
   * were put, only of what was drawn. `tint` brings the screen back.
   */
  print(tints: Tints): void {
    this.tint(tints);
    this.draw();
    const [, sheet] = this.layers;
    if (this.image !== null) sheet.drawImage(picture(this.image), 0, 0);
    this.scene.under(sheet);
    this.scene.over(sheet);
  }

  /** These cells look different now. */
  changed(cells: readonly number[]): void {
    if (cells.length === 0) return;
    for (const cell of cells) this.dirty.push(cell);
    this.ask();
  }

  /** What is written upon the cells is different now. */
  renamed(): void {
    this.isNamed = true;
    this.ask();
  }

  /** Enlarge (`steps` above 0) or diminish around the middle. */
  zoomBy(steps: number): void {
    const [{ canvas }] = this.layers;
    this.move(this.scene.zoom(STEP ** steps, canvas.width / 2, canvas.height / 2));
  }

  reset(): void {
    this.scene.reset();
    this.move(true);
  }

  /** Whether the key was for the stage. */
  key(name: string): boolean {
    const arrow = ARROWS[name];
    if (arrow !== undefined) this.goTo(this.cursor < 0 ? 0 : this.scene.step(this.cursor, ...arrow));
    else if (name === "Enter" && this.cursor >= 0) this.told.chosen(this.cursor);
    else if (name === "Escape") this.pointAt(-1);
    else if (name === "+" || name === "=") this.zoomBy(1);
    else if (name === "-") this.zoomBy(-1);
    else if (name === "0") this.reset();
    else return false;
    return true;
  }

  /** Put the keyboard's cursor on a cell, and bring it into sight. */
  goTo(cell: number): void {
    if (cell < 0) return;
    this.move(this.scene.reveal(cell));
    this.pointAt(cell);
  }

  get at(): number {
    return this.cursor;
  }

  private point(x: number, y: number): void {
    this.pointAt(this.scene.hit(x, y));
    this.host.style.cursor = this.cursor < 0 ? (this.scene.whole ? "default" : "grab") : "pointer";
  }

  private tap(x: number, y: number, byTouch: boolean): void {
    const cell = this.scene.hit(x, y);
    const again = cell === this.cursor;
    this.pointAt(cell);
    if (cell >= 0 && (again || !byTouch)) this.told.chosen(cell);
  }

  private pointAt(cell: number): void {
    if (cell === this.cursor) return;
    this.cursor = cell;
    this.renamed();
    this.tellPlace();
  }

  /** What was pointed at and has left the frame has no place to tell of. */
  private tellPlace(): void {
    const box = this.cursor < 0 ? null : (this.raster?.clip(this.scene.box(this.cursor)) ?? null);
    if (box === null) {
      this.told.pointed(-1, { x: 0, y: 0, side: 0 });
      return;
    }
    const each = density();
    this.told.pointed(this.cursor, { x: box.x / each, y: box.y / each, side: box.width / each });
  }

  private move(isMoved: boolean): boolean {
    if (!isMoved) return false;
    this.isMoved = true;
    // One finger scrolls the page, as long as there is nothing to pan in here.
    this.host.style.touchAction = this.scene.whole ? "pan-x pan-y" : "none";
    if (this.cursor >= 0) this.tellPlace();
    this.ask();
    return true;
  }

  private measure(): void {
    const each = density();
    const width = Math.max(1, Math.round(this.host.clientWidth * each));
    const height = Math.max(1, Math.round(this.host.clientHeight * each));
    for (const { canvas } of this.layers) {
      if (canvas.width !== width) canvas.width = width;
      if (canvas.height !== height) canvas.height = height;
    }
    this.image = new ImageData(width, height);
    this.raster = new Raster(width, height, this.image.data.buffer);
    this.scene.resize(width, height, each);
    this.move(true);
    // Setting a canvas' size wipes it: waiting for the next frame would be a flash of nothing.
    this.draw();
  }

  private ask(): void {
    if (this.frame === 0) this.frame = requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (this.tints === null || this.raster === null || this.image === null) return;
    const [under, cells, over] = this.layers;
    if (this.isMoved) {
      wipe(under);
      this.scene.under(under);
      this.scene.paint(this.raster);
      cells.putImageData(this.image, 0, 0);
    } else if (this.dirty.length > 0) {
      this.copy(cells, this.raster, this.image);
    }
    if (this.isMoved || this.isNamed) {
      wipe(over);
      this.write(over, this.tints);
    }
    this.isMoved = false;
    this.isNamed = false;
    this.dirty = [];
  }

  private copy(canvas: CanvasRenderingContext2D, raster: Raster, image: ImageData): void {
    const rects = this.scene.repaint(raster, this.dirty);
    if (rects.length > MANY) {
      canvas.putImageData(image, 0, 0);
      return;
    }
    for (const { x, y, width, height } of rects) canvas.putImageData(image, 0, 0, x, y, width, height);
  }

  private write(canvas: CanvasRenderingContext2D, tints: Tints): void {
    this.scene.over(canvas);
    if (this.cursor < 0) return;
    const { x, y, width, height } = this.scene.box(this.cursor);
    const edge = Math.max(2, Math.round(2 * density()));
    canvas.strokeStyle = tints.text;
    canvas.lineWidth = edge;
    canvas.strokeRect(x - edge, y - edge, width + 2 * edge, height + 2 * edge);
  }
}

/** Device pixels per CSS pixel. */
function density(): number {
  return window.devicePixelRatio || 1;
}

/** Pixels as something that can be drawn. */
function picture(image: ImageData): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext("2d")?.putImageData(image, 0, 0);
  return canvas;
}

function wipe(context: CanvasRenderingContext2D): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

function layer(host: HTMLElement): CanvasRenderingContext2D {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  host.append(canvas);
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("this browser draws no canvas");
  return context;
}
