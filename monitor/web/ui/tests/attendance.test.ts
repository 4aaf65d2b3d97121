import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { asking, get, send } from "../src/api";
import { isAttended, startAttendance, WITHIN } from "../src/attendance";

const page = new EventTarget();
let sent: Headers[];

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  vi.stubGlobal("fetch", async (_path: string, init: RequestInit) => {
    sent.push(new Headers(init.headers));
    return new Response("{}");
  });
  startAttendance(page);
  page.dispatchEvent(new Event("keydown"));
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a person is there for a while after a key, and again after the next one", () => {
  expect(isAttended()).toBe(true);
  vi.advanceTimersByTime(WITHIN);
  expect(isAttended()).toBe(false);
  page.dispatchEvent(new Event("pointermove"));
  expect(isAttended()).toBe(true);
});

test("what is read while nobody is there says so", async () => {
  await get("/overview");
  vi.advanceTimersByTime(WITHIN);
  await get("/overview");
  expect(sent.map((headers) => headers.get("X-Unattended"))).toEqual([null, "1"]);
});

test("only what changes something carries the session's token", async () => {
  asking.csrf = "word";
  await get("/overview");
  await send("POST", "/alerts/1/ack", { note: "" });
  expect(sent.map((headers) => headers.get("X-CSRF-Token"))).toEqual([null, "word"]);
});
