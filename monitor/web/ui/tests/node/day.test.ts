import { beforeEach, expect, test } from "vitest";
import { zone } from "../../src/clock";
import { around, dayBeside, marksOf, partsOf, secondsOf, windowOf } from "../../src/pages/node/day";
import { isOld } from "../../src/pages/node/layers";
import type { Day } from "../../src/types";

const DAY: Day = {
  day: "2026-10-31",
  up: 0,
  degraded: 0,
  down_own: 0,
  down_upstream: 0,
  excluded: 0,
  unknown: 0,
  intact: null,
};

beforeEach(() => {
  zone.value = "Asia/Shanghai";
});

test("days follow each other over months, years and leap days", () => {
  expect(dayBeside("2026-10-31", 1)).toBe("2026-11-01");
  expect(dayBeside("2026-01-01", -1)).toBe("2025-12-31");
  expect(dayBeside("2028-02-28", 1)).toBe("2028-02-29");
});

test("a day is the site's, as long as its clock makes it, and no other text is one", () => {
  expect(windowOf("2026-10-31")).toEqual([
    Date.parse("2026-10-30T16:00:00Z"),
    Date.parse("2026-10-31T16:00:00Z"),
  ]);
  zone.value = "Europe/Berlin";
  const [start, end] = windowOf("2026-10-25")!;
  expect((end - start) / 3_600_000).toBe(25);
  expect([windowOf("yesterday"), windowOf("")]).toEqual([null, null]);
});

test("a closer look stays within its day", () => {
  const [start, end] = windowOf("2026-10-31")!;
  const minute = 60_000;
  expect(around(start + 600 * minute, [start, end])).toEqual([start + 595 * minute, start + 605 * minute]);
  expect(around(start + 1000, [start, end])).toEqual([start, start + 10 * minute]);
  expect(around(end - 1000, [start, end])).toEqual([end - 10 * minute, end]);
});

test("the marks of a day are hours, those of a closer look seconds", () => {
  const day = windowOf("2026-10-31")!;
  expect(marksOf(day)).toEqual(["00:00", "06:00", "12:00", "18:00", "24:00"]);
  expect(marksOf(around(day[0] + 5 * 3_600_000, day))).toEqual([
    "04:55:00",
    "04:57:30",
    "05:00:00",
    "05:02:30",
    "05:05:00",
  ]);
});

test("a strip stands on what was intact, and has a part for each state that there was", () => {
  const today = { ...DAY, up: 1800, degraded: 600, unknown: 600, down_own: 300, down_upstream: 300 };
  expect(partsOf(today)).toEqual([
    ["up", 0.5],
    ["degraded", 1 / 6],
    ["unknown", 1 / 6],
    ["upstream", 1 / 12],
    ["down", 1 / 12],
  ]);
  expect(secondsOf({ ...DAY, excluded: 60 })).toEqual([["maintenance", 60]]);
  expect(partsOf(DAY)).toEqual([]);
});

test("a verdict is old after twice its interval, or twice that of its writing; what was told never is", () => {
  expect([isOld({ every: 60 }, 120), isOld({ every: 60 }, 121)]).toEqual([false, true]);
  expect([isOld({ every: 5 }, 20), isOld({ every: 5 }, 21)]).toEqual([false, true]);
  expect([isOld({ every: null }, 9999), isOld({ every: 60 }, null)]).toEqual([false, false]);
});
