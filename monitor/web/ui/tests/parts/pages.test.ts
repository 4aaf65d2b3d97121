import { expect, test } from "vitest";
import { offsetOf } from "../../src/parts/pages";

test.each([
  ["", 0],
  ["200", 200],
  ["250", 200],
  ["-100", 0],
  ["many", 0],
  ["Infinity", 0],
])("a page that begins at %j begins at %j", (offset, begins) => {
  expect(offsetOf(offset, 100)).toBe(begins);
});
