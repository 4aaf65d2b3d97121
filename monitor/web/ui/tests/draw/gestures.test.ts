import { beforeEach, describe, expect, test } from "vitest";
import { Gestures } from "../../src/draw/gestures";

/** An element as far as gestures need one, at (10, 20) of the window. */
class Host extends EventTarget {
  readonly held = new Set<number>();
  getBoundingClientRect() {
    return { left: 10, top: 20 };
  }
  hasPointerCapture(id: number) {
    return this.held.has(id);
  }
  setPointerCapture(id: number) {
    this.held.add(id);
  }
}

let host: Host;
let gestures: Gestures;
let told: [string, ...number[]][];
/** Whether what is shown can move. */
let isMoved: boolean;

beforeEach(() => {
  host = new Host();
  told = [];
  isMoved = true;
  const note =
    (name: string) =>
    (...values: unknown[]) => {
      told.push([name, ...values.map((value) => Math.round(Number(value) * 100) / 100)]);
      return isMoved;
    };
  gestures = new Gestures(host as unknown as HTMLElement, {
    density: () => 2,
    hover: note("hover"),
    tap: note("tap"),
    leave: note("leave"),
    pan: note("pan"),
    zoom: note("zoom"),
  });
});

function send(type: string, x: number, y: number, more: object = {}): Event {
  const event = new Event(type, { cancelable: true });
  const usual = { pointerId: 1, pointerType: "mouse", button: 0, clientX: x + 10, clientY: y + 20 };
  host.dispatchEvent(Object.assign(event, usual, more));
  return event;
}

describe("a pointer", () => {
  test("hovers in device pixels, and leaves", () => {
    send("pointermove", 5, 6);
    send("pointerleave", 0, 0);
    expect(told).toEqual([["hover", 10, 12], ["leave"]]);
  });

  test("that is pressed and hardly moves is a tap", () => {
    send("pointerdown", 5, 6);
    send("pointermove", 7, 6);
    send("pointerup", 7, 6);
    expect(told).toEqual([["tap", 14, 12, 0]]);
  });

  test("that is pressed and moves pans, and taps nothing", () => {
    send("pointerdown", 0, 0);
    send("pointermove", 30, 0);
    send("pointermove", 35, 2);
    send("pointerup", 35, 2);
    expect(told).toEqual([
      ["pan", 60, 0],
      ["pan", 10, 4],
    ]);
  });

  test("of another button does nothing", () => {
    send("pointerdown", 0, 0, { button: 2 });
    send("pointerup", 0, 0, { button: 2 });
    expect(told).toEqual([]);
  });
});

describe("fingers", () => {
  const finger = (pointerId: number) => ({ pointerId, pointerType: "touch" });

  test("tap, and leave nothing behind that they would have left", () => {
    send("pointerdown", 5, 5, finger(1));
    send("pointerup", 5, 5, finger(1));
    send("pointerleave", 5, 5, finger(1));
    expect(told).toEqual([["tap", 10, 10, 1]]);
  });

  test("two of them zoom around their middle", () => {
    send("pointerdown", 0, 0, finger(1));
    send("pointerdown", 100, 0, finger(2));
    send("pointermove", 200, 0, finger(2));
    expect(told).toEqual([
      ["zoom", 2, 200, 0],
      ["pan", 100, 0],
    ]);
  });

  test("that the browser takes for scrolling are forgotten", () => {
    send("pointerdown", 0, 0, finger(1));
    send("pointercancel", 0, 0, finger(1));
    send("pointermove", 50, 0, finger(1));
    expect(told).toEqual([]);
  });
});

describe("a wheel", () => {
  test("enlarges upwards, diminishes downwards, and does not scroll the page", () => {
    const event = send("wheel", 5, 5, { deltaY: -100, deltaMode: 0 });
    send("wheel", 5, 5, { deltaY: 100, deltaMode: 0 });
    send("wheel", 5, 5, { deltaY: 3, deltaMode: 1 });
    expect(told).toEqual([
      ["zoom", 1.2, 10, 10],
      ["zoom", 0.84, 10, 10],
      ["zoom", 0.84, 10, 10],
    ]);
    expect(event.defaultPrevented).toBe(true);
  });

  test("scrolls the page where there is nothing to diminish", () => {
    isMoved = false;
    expect(send("wheel", 5, 5, { deltaY: 100, deltaMode: 0 }).defaultPrevented).toBe(false);
  });
});

test("nothing is told when it is over", () => {
  gestures.end();
  send("pointermove", 1, 1);
  expect(told).toEqual([]);
});
