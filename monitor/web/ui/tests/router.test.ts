import { beforeAll, expect, test, vi } from "vitest";

let router: typeof import("../src/router");

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("window", { addEventListener: () => undefined });
  router = await import("../src/router");
});

test.each([
  ["", "", ""],
  ["#/", "", ""],
  ["#/nodes", "nodes", ""],
  ["#/node/44098100001310000001", "node", "44098100001310000001"],
  ["#/node/a%2Fb", "node", "a/b"],
  ["#/node/100%", "node", "100%"],
])("%s is the page %s of %s", (hash, page, id) => {
  expect(router.parse(hash)).toMatchObject({ page, id });
});

test("the query of an address is read, with question marks of its own", () => {
  const { page, query } = router.parse("#/nodes?state=down&q=a?b");
  expect([page, query.get("state"), query.get("q")]).toEqual(["nodes", "down", "a?b"]);
});

test("an address is read back as it was written", () => {
  const address = router.to("node", "a/b c", { network: "video", day: null });
  expect(address).toBe("#/node/a%2Fb%20c?network=video");
  expect(router.parse(address)).toMatchObject({ page: "node", id: "a/b c" });
});
