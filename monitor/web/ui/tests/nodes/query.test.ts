import { expect, test } from "vitest";
import { askedOf, offsetOf } from "../../src/pages/nodes/query";

test("of an address only what the API knows is asked, and nothing that is empty", () => {
  const query = new URLSearchParams("state=down&region=&q=镇&colour=red&offset=200");
  expect(askedOf(query)).toEqual({ state: "down", q: "镇", offset: "200" });
});

test.each([
  ["", 0],
  ["200", 200],
  ["250", 200],
  ["-100", 0],
  ["many", 0],
  ["Infinity", 0],
])("a page that begins at %j begins at %j", (offset, begins) => {
  expect(offsetOf({ offset })).toBe(begins);
});
