import { expect, test } from "vitest";
import { isScope, scopeOf, scopeOfAlert, scopeOfOutage } from "../../src/parts/scope";

test("nothing chosen means nothing, and never everything", () => {
  expect(isScope({ kind: "nodes", values: [] })).toBe(false);
  expect(isScope({ kind: "everything", values: [] })).toBe(true);
  expect(scopeOf({ kind: "regions", values: ["440983"] })).toMatchObject({
    scope: { regions: ["440983"], nodes: [] },
    everything: false,
  });
});

test("an outage is silenced with all that it may take yet", () => {
  const outage = { kind: "node", root: "sw-1", network: "video" } as const;
  expect(scopeOfOutage(outage, false)).toEqual({ kind: "parents", values: ["sw-1"] });
  expect(scopeOfOutage(outage, true)).toEqual({ kind: "nodes", values: ["sw-1"] });
  expect(scopeOfOutage({ ...outage, kind: "observer" }, false)).toEqual({
    kind: "networks",
    values: ["video"],
  });
});

test("an alert is silenced as narrowly as it says what it is about", () => {
  const alert = { node: "cam-1", region: "440983", network: "video" };
  expect(scopeOfAlert(alert, true)).toEqual({ kind: "nodes", values: ["cam-1"] });
  expect(scopeOfAlert(alert, false).kind).toBe("parents");
  expect(scopeOfAlert({ ...alert, node: null }, false)).toEqual({ kind: "regions", values: ["440983"] });
  expect(scopeOfAlert({ ...alert, node: null, region: null }, false)).toEqual({
    kind: "networks",
    values: ["video"],
  });
  expect(scopeOfAlert({ node: null, region: null, network: null }, false).kind).toBe("everything");
});
