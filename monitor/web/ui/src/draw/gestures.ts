/** Pointer, wheel and pinch upon an element, told as hover, tap, pan and zoom in device pixels. */

export interface Moves {
  /** Device pixels per CSS pixel. */
  density(): number;
  hover(x: number, y: number): void;
  tap(x: number, y: number, byTouch: boolean): void;
  leave(): void;
  pan(dx: number, dy: number): void;
  /** Whether there was anything to enlarge or diminish; if not, the wheel scrolls the page. */
  zoom(factor: number, x: number, y: number): boolean;
}

interface Finger {
  x: number;
  y: number;
}

/** A press that moves less, in CSS pixels, is a click. */
const SLACK = 5;
/** A notch of a wheel (100 CSS pixels) enlarges by a fifth. */
const PER_PIXEL = 0.0018;
/** Some wheels count in lines (`WheelEvent.DOM_DELTA_LINE`): so many CSS pixels each. */
const BY_LINES = 1;
const LINE = 33;

export class Gestures {
  private readonly fingers = new Map<number, Finger>();
  private travelled = 0;
  private readonly over = new AbortController();

  constructor(
    private readonly host: HTMLElement,
    private readonly moves: Moves,
  ) {
    const { signal } = this.over;
    host.addEventListener("pointerdown", (event) => this.down(event), { signal });
    host.addEventListener("pointermove", (event) => this.moved(event), { signal });
    host.addEventListener("pointerup", (event) => this.up(event), { signal });
    host.addEventListener("pointercancel", (event) => this.lift(event), { signal });
    host.addEventListener("pointerleave", (event) => this.left(event), { signal });
    host.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
  }

  end(): void {
    this.over.abort();
  }

  private place(event: MouseEvent): Finger {
    const { left, top } = this.host.getBoundingClientRect();
    const density = this.moves.density();
    return { x: (event.clientX - left) * density, y: (event.clientY - top) * density };
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    if (this.fingers.size === 0) this.travelled = 0;
    this.fingers.set(event.pointerId, this.place(event));
  }

  private moved(event: PointerEvent): void {
    const before = this.fingers.get(event.pointerId);
    const now = this.place(event);
    if (before === undefined) {
      if (event.pointerType !== "touch") this.moves.hover(now.x, now.y);
      return;
    }
    const other = [...this.fingers].find(([id]) => id !== event.pointerId)?.[1];
    this.fingers.set(event.pointerId, now);
    this.travelled += Math.hypot(now.x - before.x, now.y - before.y) / this.moves.density();
    if (other !== undefined) this.pinch(before, now, other);
    else if (this.travelled > SLACK) this.drag(event, before, now);
  }

  private drag(event: PointerEvent, before: Finger, now: Finger): void {
    // Held only now: a pointer that is held from the start would never click.
    if (!this.host.hasPointerCapture(event.pointerId)) this.host.setPointerCapture(event.pointerId);
    this.moves.pan(now.x - before.x, now.y - before.y);
  }

  private pinch(before: Finger, now: Finger, other: Finger): void {
    const apart = Math.hypot(before.x - other.x, before.y - other.y);
    if (apart === 0) return;
    const [x, y] = [(now.x + other.x) / 2, (now.y + other.y) / 2];
    this.moves.zoom(Math.hypot(now.x - other.x, now.y - other.y) / apart, x, y);
    this.moves.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
  }

  private up(event: PointerEvent): void {
    const pressed = this.fingers.has(event.pointerId);
    const { x, y } = this.place(event);
    this.lift(event);
    if (pressed && this.travelled <= SLACK) this.moves.tap(x, y, event.pointerType === "touch");
  }

  private lift(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
  }

  private left(event: PointerEvent): void {
    this.lift(event);
    // A finger that is lifted leaves too; what it has tapped stays pointed at.
    if (event.pointerType !== "touch") this.moves.leave();
  }

  private wheel(event: WheelEvent): void {
    const pixels = event.deltaMode === BY_LINES ? event.deltaY * LINE : event.deltaY;
    const { x, y } = this.place(event);
    if (this.moves.zoom(Math.exp(-pixels * PER_PIXEL), x, y)) event.preventDefault();
  }
}
