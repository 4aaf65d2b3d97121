import { expect, test } from "vitest";
import { dataAge, lookedAt, OLD, unseeing } from "../../src/live/sight";
import type { Collector } from "../../src/types";

const TOLD = Date.parse("2026-10-01T01:00:00.000Z");

function collector(more: Partial<Collector> = {}): Collector {
  return {
    name: "video-0of1",
    network: "video",
    footing: "sees",
    sight_age: 3,
    lost_since: null,
    watches: 518,
    ...more,
  };
}

test("data is as old as the oldest of the collectors' last sights, and ages while the server says nothing", () => {
  const both = [collector(), collector({ name: "police-0of1", sight_age: 18 })];
  expect(dataAge(both, TOLD, TOLD)).toBe(18);
  expect(dataAge(both, TOLD, TOLD + 4_000)).toBe(22);
});

test("a collector that speaks and sees nothing is as old as its blindness", () => {
  const blind = collector({ footing: "blind", sight_age: 1, lost_since: "2026-10-01T00:59:00.000Z" });
  expect(lookedAt(blind, TOLD)).toBe(TOLD - 60_000);
});

test("of a collector that never looked nobody knows an age", () => {
  expect(dataAge([collector(), collector({ footing: "awaited", sight_age: null })], TOLD, TOLD)).toBeNull();
  expect(dataAge([], TOLD, TOLD)).toBeNull();
});

test("who said nothing for two intervals is named before the server calls it silent", () => {
  const late = collector({ sight_age: OLD + 1 });
  const blind = collector({ footing: "blind", sight_age: 1 });
  expect(unseeing([collector(), late, blind])).toEqual([late, blind]);
});
