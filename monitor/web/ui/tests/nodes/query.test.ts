import { expect, test } from "vitest";
import { askedOf } from "../../src/pages/nodes/query";

test("of an address only what the API knows is asked, and nothing that is empty", () => {
  const query = new URLSearchParams("state=down&region=&q=镇&colour=red&offset=200");
  expect(askedOf(query)).toEqual({ state: "down", q: "镇", offset: "200" });
});
