import { beforeEach, expect, test } from "vitest";
import { now, setClock, zone } from "../src/clock";
import {
  ago,
  bytes,
  clock,
  day,
  duration,
  exactSpan,
  fromSite,
  fullMoment,
  goalText,
  moment,
  NOTHING,
  number,
  percent,
  span,
  toSite,
} from "../src/format";
import { lang } from "../src/i18n";

beforeEach(() => {
  lang.value = "zh";
  zone.value = "Asia/Shanghai";
  setClock(new Date().toISOString());
});

test.each([
  [0.98, "98.00 %"],
  [0.97996, "97.99 %"],
  [0.9841, "98.41 %"],
  [1, "100.00 %"],
  [0.99999, "99.99 %"],
  [0, "0.00 %"],
  [null, NOTHING],
])("a share of %s reads %s: it is never rounded up to its target", (share, text) => {
  expect(percent(share)).toBe(text);
});

test.each([
  [0.98, "98 %"],
  [0.985, "98.5 %"],
  [0.9999, "99.99 %"],
  [0.07, "7 %"],
  [null, NOTHING],
])("a target of %s reads %s, as it was chosen", (share, text) => {
  expect(goalText(share)).toBe(text);
});

test("every hundredth of a percent reads as itself", () => {
  for (let each = 0; each <= 10_000; each += 1) {
    expect(percent(each / 10_000)).toBe(`${(each / 100).toFixed(2)} %`);
  }
});

test("numbers have their thousands parted", () => {
  expect([number(3352), number(0), number(null), number(1234.5, 1)]).toEqual([
    "3,352",
    "0",
    NOTHING,
    "1,234.5",
  ]);
});

test("spans are told in their largest whole unit, and never negative", () => {
  expect([0, -5, 59, 60, 3599, 3600, 86400, 200_000].map(span)).toEqual([
    "0 秒",
    "0 秒",
    "59 秒",
    "1 分钟",
    "59 分钟",
    "1 小时",
    "1 天",
    "2 天",
  ]);
  lang.value = "en";
  expect(span(125)).toBe("2 min");
});

test("exact spans name the seconds, those of days do not", () => {
  expect([27 * 60 + 18, 3600, 0, 90_061].map(exactSpan)).toEqual([
    "27 分钟 18 秒",
    "1 小时",
    "0 秒",
    "1 天 1 小时",
  ]);
});

test("short durations are milliseconds", () => {
  expect([duration(0.018), duration(1.238), duration(null)]).toEqual(["18 ms", "1.24 s", NOTHING]);
  expect([duration(0.0014), duration(0.002), duration(0.00001), duration(0)]).toEqual([
    "1.4 ms",
    "2 ms",
    "0.1 ms",
    "0 ms",
  ]);
});

test("moments are told on the clock of the site, with a date where it is not today", () => {
  expect(clock("2026-10-01T01:36:52.000Z")).toBe("09:36:52");
  expect(day("2026-09-30T16:00:00.000Z")).toBe("2026-10-01");
  expect(fullMoment("2026-10-01T01:36:52.000Z")).toBe("2026-10-01 09:36:52");
  expect(moment("2020-10-01T01:36:52.000Z")).toBe("2020-10-01 09:36");
  expect(moment(Date.now())).toMatch(/^\d\d:\d\d:\d\d$/);
  expect([moment(0), moment(null), clock(undefined)]).toEqual([NOTHING, NOTHING, NOTHING]);
});

test("how long ago is told as people say it", () => {
  const then = now.peek() - 180_500;
  expect(ago(then)).toBe("3 分钟前");
  lang.value = "en";
  expect(ago(then)).toBe("3 min ago");
});

test("a wall-clock time of the site becomes a moment, and back", () => {
  expect(fromSite("2026-10-01T09:36")).toBe("2026-10-01T01:36:00.000Z");
  expect(toSite("2026-10-01T01:36:00.000Z")).toBe("2026-10-01T09:36");
  expect(fromSite("tomorrow")).toBeNull();
});

test("wall-clock times hold where clocks are put forward and back", () => {
  zone.value = "Europe/Berlin";
  expect(fromSite("2026-03-29T01:30")).toBe("2026-03-29T00:30:00.000Z");
  expect(fromSite("2026-03-29T03:30")).toBe("2026-03-29T01:30:00.000Z");
  expect(fromSite("2026-10-25T01:30")).toBe("2026-10-24T23:30:00.000Z");
  expect(fromSite("2026-10-25T04:00")).toBe("2026-10-25T03:00:00.000Z");
});

test("sizes have units", () => {
  expect([bytes(512), bytes(1200), bytes(3_400_000)]).toEqual(["512 B", "1.2 kB", "3.4 MB"]);
});
