import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type Kind, SILENCE, type Source, Stream } from "../src/live/stream";

class FakeSource implements Source {
  onopen: ((event: Event) => void) | null = null;
  onerror: ((event: Event) => void) | null = null;
  isClosed = false;
  private readonly hearers = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly last: string) {}

  addEventListener(kind: string, heard: (event: MessageEvent<string>) => void): void {
    this.hearers.set(kind, heard);
  }

  close(): void {
    this.isClosed = true;
  }

  opens(): void {
    this.onopen?.({} as Event);
  }

  breaks(): void {
    this.onerror?.({} as Event);
  }

  says(kind: Kind, data: unknown, lastEventId: string): void {
    this.hearers.get(kind)?.({ data: JSON.stringify(data), lastEventId } as MessageEvent<string>);
  }
}

let sources: FakeSource[];
let heard: string[];
let stream: Stream;

function listen(last = "run-7"): void {
  stream = new Stream(
    (from) => {
      sources.push(new FakeSource(from));
      return sources[sources.length - 1];
    },
    {
      heard: (kind, _data, id) => heard.push(`${kind} ${id}`.trim()),
      opened: () => heard.push("opened"),
      broken: () => heard.push("broken"),
    },
    last,
  );
}

beforeEach(() => {
  vi.useFakeTimers();
  sources = [];
  heard = [];
});

afterEach(() => {
  stream.close();
  vi.useRealTimers();
});

test("it begins behind the event that the board was read at", () => {
  listen("run-7");
  expect(sources.map((each) => each.last)).toEqual(["run-7"]);
});

test("when the line breaks it goes on behind the last event that it heard", () => {
  listen();
  sources[0].opens();
  sources[0].says("change", {}, "run-8");
  sources[0].breaks();
  vi.advanceTimersByTime(1_000);
  expect(sources.map((each) => each.last)).toEqual(["run-7", "run-8"]);
  expect(heard).toEqual(["opened", "change run-8", "broken"]);
});

test("a pulse moves nothing on: nobody has to catch up with it", () => {
  listen();
  sources[0].says("pulse", {}, "run-99"); // browsers give it the last id that they saw
  sources[0].breaks();
  vi.advanceTimersByTime(1_000);
  expect(sources[1].last).toBe("run-7");
  expect(heard[0]).toBe("pulse");
});

test("a line on which nothing comes is broken off and opened again", () => {
  listen();
  sources[0].opens();
  vi.advanceTimersByTime(SILENCE + 1_000);
  expect(sources[0].isClosed).toBe(true);
  expect(sources).toHaveLength(2);
});

test("whatever is heard puts the silence off", () => {
  listen();
  for (let turn = 0; turn < 5; turn += 1) {
    vi.advanceTimersByTime(SILENCE - 1);
    sources[0].says("pulse", {}, "");
  }
  expect(sources).toHaveLength(1);
});

test("while the server is away it asks ever more seldom, and at once again when it was there", () => {
  listen();
  for (let turn = 0; turn < 8; turn += 1) {
    sources[sources.length - 1].breaks();
    vi.advanceTimersByTime(30_000);
  }
  const asked = sources.length;
  sources[asked - 1].breaks();
  vi.advanceTimersByTime(10_000);
  expect(sources).toHaveLength(asked); // waits 15 to 30 s by now
  vi.advanceTimersByTime(20_000);
  sources[asked].opens();
  sources[asked].breaks();
  vi.advanceTimersByTime(1_000);
  expect(sources).toHaveLength(asked + 2);
});

test("what a former line still says is not heard, and a closed stream stays closed", () => {
  listen();
  sources[0].breaks();
  sources[0].says("change", {}, "run-8");
  stream.close();
  vi.advanceTimersByTime(60_000);
  expect(heard).toEqual(["broken"]);
  expect(sources).toHaveLength(1);
});
