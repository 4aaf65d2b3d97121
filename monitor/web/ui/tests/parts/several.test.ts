import { expect, test } from "vitest";
import { meant, type Option, offered } from "../../src/parts/several";

const TOWNS: readonly Option[] = [
  ["440983101", "镇隆镇"],
  ["440983102", "水口镇"],
  ["440983110", "Zhulong"],
];

test("what is typed is looked for in values and names", () => {
  expect(offered(TOWNS, "镇")).toEqual(TOWNS.slice(0, 2));
  expect(offered(TOWNS, " zhu")).toEqual([TOWNS[2]]);
  expect(offered(TOWNS, "", 1)).toEqual([TOWNS[0]]);
});

test.each([
  ["440983102", ["440983102"]],
  ["水口镇", ["440983102"]],
  ["水口", ["440983102"]],
  ["镇", ["镇"]],
  ["镇隆镇；440983102; ;x", ["440983101", "440983102", "x"]],
  ["", []],
])("%j means %j", (typed, values) => expect(meant(TOWNS, typed)).toEqual(values));
