import { expect, test } from "vitest";
import { commonTarget, floorFor, type Rank } from "../../src/parts/ranks";

test("the axis begins where differences can be seen, and the target too", () => {
  expect(floorFor([0.999, null], 0.98)).toBe(0.96);
  expect(floorFor([0.999, 0.995], null)).toBe(0.99);
  expect(floorFor([0.91], 0.98)).toBe(0.8);
  expect(floorFor([0.1], 0.98)).toBe(0);
  expect(floorFor([], null)).toBe(0.99);
});

test("a target has a line only where it is everybody's", () => {
  const ranks = (...targets: (number | null)[]) => targets.map((target) => ({ target })) as Rank[];
  expect(commonTarget(ranks(0.98, 0.98))).toBe(0.98);
  expect(commonTarget(ranks(0.98, 0.95))).toBeNull();
  expect(commonTarget(ranks(0.98, null))).toBeNull();
  expect(commonTarget([])).toBeNull();
});
