import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DOWN, UNKNOWN, UP } from "../src/live/cells";
import { LiveStore, type News } from "../src/live/store";
import type { Board, OutageNow, Overview } from "../src/types";

const COUNTS = { up: 2, degraded: 0, down: 0, unknown: 1, upstream: 0 };

function boardAt(event: string, more: Partial<Board> = {}): Board {
  return {
    event,
    time: "2026-10-01T01:00:00.000Z",
    inventory: "abc",
    networks: ["video", "police"],
    regions: ["440981"],
    contractors: ["甲公司"],
    causes: ["ok", "no_reply"],
    kinds: ["camera"],
    id: ["a", "b", "a"],
    name: ["一", "二", "一"],
    network: [0, 0, 1],
    region: [0, 0, 0],
    kind: [0, 0, 0],
    point_class: [1, 1, 1],
    contractor: [0, 0, 0],
    state: [UP, UP, UNKNOWN],
    cause: [0, 0, 0],
    since: [1000, 0, 0],
    lon: [110.9, null, null],
    lat: [21.6, null, null],
    upstream: [],
    excluded: [],
    ...more,
  };
}

function overviewNow(): Overview {
  return {
    time: "2026-10-01T01:00:00.000Z",
    timezone: "Asia/Shanghai",
    language: "zh",
    headline: { watches: 3, counts: COUNTS, online: 1, intact: 1 },
    networks: [{ id: "video", counts: COUNTS }],
    collectors: [],
    outages: [],
    changes: [],
  } as unknown as Overview;
}

function outage(id: string, more: Partial<OutageNow> = {}): OutageNow {
  return { id, phase: "opened", affected: 1, since: "2026-10-01T00:00:00.000Z", ...more } as OutageNow;
}

const change = (node: string, code: number, cause = "no_reply") => ({
  node,
  network: "video",
  name: node,
  old: UP,
  new: code,
  cause,
  since: 5_000,
});

let answers: Record<string, () => Promise<unknown>>;
let asked: string[];
let opened: string[];
let frames: (() => void)[];
let store: LiveStore;

function draw(): void {
  for (const frame of frames.splice(0)) frame();
}

beforeEach(async () => {
  vi.useFakeTimers();
  asked = [];
  opened = [];
  frames = [];
  answers = {
    "/board": async () => boardAt("run-10"),
    "/overview": async () => overviewNow(),
  };
  store = new LiveStore({
    get: async <T>(path: string) => {
      asked.push(path);
      return (await answers[path]()) as T;
    },
    open: (last) => {
      opened.push(last);
      return { onopen: null, onerror: null, addEventListener: () => undefined, close: () => undefined };
    },
    frame: (callback) => frames.push(callback),
    now: () => Date.now(),
  });
  await store.start();
});

afterEach(() => {
  store.stop();
  vi.useRealTimers();
});

test("it listens from the event that the board was read at", () => {
  expect(opened).toEqual(["run-10"]);
  expect(store.board.value?.size).toBe(3);
  expect(store.board.value?.lon[1]).toBeNaN();
});

test("a node in two networks is two watches", () => {
  expect(store.board.value?.row("a", "video")).toBe(0);
  expect(store.board.value?.row("a", "police")).toBe(2);
  expect(store.board.value?.row("a", "radio")).toBe(-1);
});

test("a change turns its cell, and its time and cause with it", () => {
  store.heard("change", change("a", DOWN, "refused"), "run-11");
  draw();
  const cells = store.board.value!;
  expect([cells.state[0], cells.since[0], cells.causes[cells.cause[0]]]).toEqual([DOWN, 5_000, "refused"]);
  expect(store.overview.value?.changes[0]).toMatchObject({ node: "a", new: "down", old: "up" });
});

test("all changes of a frame are told at once", () => {
  const told: (readonly number[])[] = [];
  store.onChange((rows) => told.push(rows));
  const before = store.version.value;
  store.heard("change", change("a", DOWN), "run-11");
  store.heard("change", change("b", DOWN), "run-12");
  store.heard("change", change("a", UP, "ok"), "run-13");
  expect(frames).toHaveLength(1);
  draw();
  expect(told).toEqual([[0, 1]]);
  expect(store.version.value).toBe(before + 1);
  expect(store.board.value?.state[0]).toBe(UP);
});

test("who listens no more is told no more", () => {
  const told: (readonly number[])[] = [];
  store.onChange((rows) => told.push(rows))();
  store.heard("change", change("a", DOWN), "run-11");
  draw();
  expect(told).toEqual([]);
});

test("what the board knows already, or was heard before, changes nothing", () => {
  store.heard("change", change("a", DOWN), "run-10");
  store.heard("change", change("b", DOWN), "run-11");
  store.heard("change", change("b", UP), "run-11");
  draw();
  expect([...store.board.value!.state]).toEqual([UP, DOWN, UNKNOWN]);
});

test("another run of the server counts from the beginning", () => {
  store.heard("change", change("a", DOWN), "other-1");
  draw();
  expect(store.board.value?.state[0]).toBe(DOWN);
});

test("blame makes a cell down by another's fault until it is up", () => {
  store.heard("change", change("a", DOWN), "run-11");
  store.heard("blame", { node: "a", network: "video", upstream: true, outage: "o" }, "run-12");
  draw();
  expect(store.board.value?.upstream[0]).toBe(1);
  store.heard("change", change("a", UP, "ok"), "run-13");
  draw();
  expect(store.board.value?.upstream[0]).toBe(0);
});

test("a watch that nobody knows has the board read again, once for many", async () => {
  store.heard("change", change("new", UP), "run-11");
  store.heard("change", change("newer", UP), "run-12");
  draw();
  answers["/board"] = async () => boardAt("run-12", { id: ["a", "b", "new"] });
  asked = [];
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(["/board", "/overview"]);
  expect(store.board.value?.row("new", "police")).toBe(2);
});

test("what is said while the board is read anew is kept, and only what it did not know is applied", async () => {
  let give: (board: Board) => void = () => undefined;
  answers["/board"] = () => new Promise((resolve) => (give = resolve));
  store.heard("anew", {}, "run-20");
  draw();
  await vi.advanceTimersByTimeAsync(1_000);
  store.heard("change", change("a", DOWN), "run-21"); // the answer knows this one: and that it is over
  store.heard("change", change("b", DOWN), "run-23");
  expect(frames).toHaveLength(0);
  give(boardAt("run-22"));
  await vi.advanceTimersByTimeAsync(0);
  draw();
  expect([...store.board.value!.state]).toEqual([UP, DOWN, UNKNOWN]);
  expect(opened).toEqual(["run-10"]); // the stream stays as it is
});

test("a board that cannot be read is asked for again, and the picture says since when it stands still", async () => {
  answers["/board"] = async () => Promise.reject(new Error("away"));
  store.heard("board", { reason: "inventory" }, "run-11");
  draw();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(store.failure.value).toBeInstanceOf(Error);
  expect(store.lostAt.value).not.toBeNull();
  answers["/board"] = async () => boardAt("run-12");
  await vi.advanceTimersByTimeAsync(6_000);
  expect(store.failure.value).toBeNull();
  expect(store.lostAt.value).toBeNull();
});

test("a pulse moves the figures and leaves the rest", () => {
  const headline = { watches: 3, counts: { ...COUNTS, down: 1 }, online: 0.5, intact: 0.5 };
  store.heard(
    "pulse",
    { time: "2026-10-01T01:00:02.000Z", headline, networks: {}, collectors: [], ready: true },
    "",
  );
  draw();
  expect(store.overview.value?.headline.counts.down).toBe(1);
  expect(store.overview.value?.networks[0].counts).toEqual(COUNTS);
});

test("outages stand by impact; what is told of one keeps who took care of it; a closed one goes", () => {
  const told: News[] = [];
  store.onNewsOf((kind) => told.push(kind));
  store.heard("outage", outage("small", { acked_by: "张三" }), "run-11");
  store.heard("outage", outage("large", { affected: 31 }), "run-12");
  draw();
  expect(store.overview.value?.outages.map((each) => each.id)).toEqual(["large", "small"]);
  const { acked_by: _, ...bare } = outage("small", { affected: 40, phase: "changed" });
  store.heard("outage", bare, "run-13");
  draw();
  expect(store.overview.value?.outages[0]).toMatchObject({ id: "small", acked_by: "张三", affected: 40 });
  store.heard("outage", outage("large", { phase: "closed" }), "run-14");
  draw();
  expect(store.overview.value?.outages.map((each) => each.id)).toEqual(["small"]);
  expect(told).toEqual(["outage", "outage", "outage"]);
});

test("a storm of outages has the levels and groups counted anew, once a second", async () => {
  asked.length = 0;
  for (let number = 0; number < 20; number += 1) {
    store.heard("outage", outage(`o${number}`), `run-${11 + number}`);
    draw();
  }
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(["/overview"]);
  store.heard("outage", outage("o1", { phase: "closed" }), "run-40");
  draw();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toEqual(["/overview", "/overview"]);
});

test("a broken line says since when: since something was heard last", () => {
  const before = store.heardAt.value;
  vi.advanceTimersByTime(4_000);
  store.broken();
  store.broken();
  expect(store.lostAt.value).toBe(before);
  store.opened();
  expect(store.lostAt.value).toBeNull();
});

test("who stops to look forgets, also what was still on its way", async () => {
  let give: (board: Board) => void = () => undefined;
  answers["/board"] = () =>
    new Promise((resolve) => {
      give = resolve;
    });
  store.heard("anew", {}, "run-20");
  draw();
  await vi.advanceTimersByTimeAsync(1_000);
  store.stop();
  give(boardAt("run-22"));
  await vi.advanceTimersByTimeAsync(0);
  expect([store.board.value, store.overview.value, store.heardAt.value]).toEqual([null, null, null]);
  expect(opened).toEqual(["run-10"]);
});
