import { expect, test } from "vitest";
import { askedOf, viewOf } from "../../src/pages/alerts/query";

test("what goes on is shown unless the address says otherwise", () => {
  expect([null, "all", "silences", "open", "x"].map(viewOf)).toEqual([
    "open",
    "all",
    "silences",
    "open",
    "open",
  ]);
});

test("of an address only what the API knows is asked, and nothing that is empty", () => {
  const query = new URLSearchParams("view=all&severity=critical&rule=&network=video&colour=red&offset=50");
  expect(askedOf(query)).toEqual({ severity: "critical", network: "video" });
});
