import { describe, expect, test } from "vitest";
import type { Cells } from "../../src/live/cells";
import { Areas } from "../../src/pages/overview/areas";
import { levelOf, looksOf, packed, presentOf, ranking, verdictOf } from "../../src/pages/overview/figures";
import type { Group, Network, Overview } from "../../src/types";

const COUNTS = { up: 0, degraded: 0, down: 0, unknown: 0, upstream: 0 };

function group(region: string | null, month: number | null, more: Partial<Group> = {}): Group {
  return {
    network: null,
    region,
    point_class: 1,
    watches: 10,
    counts: COUNTS,
    target: 0.98,
    online: null,
    intact: null,
    month,
    month_low: month,
    month_high: month,
    budget: null,
    ...more,
  };
}

describe("the head figures", () => {
  const cells = {
    size: 7,
    state: Uint8Array.of(3, 3, 2, 1, 1, 0, 1),
    upstream: Uint8Array.of(0, 0, 0, 0, 1, 0, 1),
    pointClass: Uint8Array.of(1, 1, 1, 1, 1, 1, 0),
  } as unknown as Cells;

  test("count what the cells show, with what is down upstream apart", () => {
    const present = presentOf(cells, 1);
    expect(present.counts).toEqual({ up: 2, degraded: 1, down: 2, unknown: 1, upstream: 1 });
    expect(present).toMatchObject({ watches: 6, online: 0.6, intact: 0.4 });
  });

  test("count everything where there is no class", () => expect(presentOf(cells, null).watches).toBe(7));

  test("know no share while nobody looks", () => {
    const dark = { ...cells, state: new Uint8Array(7) } as Cells;
    expect(presentOf(dark, 1)).toMatchObject({ watches: 6, online: null, intact: null });
  });
});

describe("the ranking of counties", () => {
  const areas = new Areas([
    { code: "1", name: "市", parent: "", level: "city" },
    { code: "11", name: "甲区", parent: "1", level: "county" },
    { code: "12", name: "乙县", parent: "1", level: "county" },
    { code: "111", name: "镇", parent: "11", level: "town" },
  ]);
  const rank = (groups: Group[]) => ranking({ headline: group(null, 0.98), groups } as Overview, areas);

  test("has the worst county first, and neither city nor town nor a single network nor another class", () => {
    const found = rank([
      group(null, 0.98),
      group("1", 0.98),
      group("111", 0.5),
      group("11", 0.99),
      group("12", 0.97),
      group("12", 0.4, { network: "video" }),
      group("12", 0.3, { point_class: 2 }),
    ]);
    expect(found.map((each) => [each.name, each.intact, each.verdict])).toEqual([
      ["乙县", 0.97, "missed"],
      ["甲区", 0.99, "met"],
    ]);
  });

  test("leaves out what is not known at all", () => expect(rank([group("11", null)])).toEqual([]));
});

describe("the verdict", () => {
  test.each([
    [0.981, 0.99, "met"],
    [0.98, 0.98, "met"],
    [0.97, 0.99, "unproven"],
    [0.9, 0.9799, "missed"],
  ] as const)("of %f to %f is %s", (low, high, verdict) => {
    expect(verdictOf(low, high, 0.98)).toBe(verdict);
  });

  test("needs a target and both bounds", () => {
    expect(verdictOf(0.99, 1, null)).toBeNull();
    expect(verdictOf(null, 1, 0.98)).toBeNull();
  });
});

describe("the levels of a network", () => {
  const network = {
    levels: { county: { watches: 9, counts: { up: 5, degraded: 1, down: 3, unknown: 0, upstream: 2 } } },
  } as unknown as Network;

  test("count what is down upstream apart", () => {
    expect(levelOf(network, "county")).toEqual({ watches: 9, down: 1, upstream: 2, degraded: 1, unknown: 0 });
  });

  test("are nothing where there is none", () => expect(levelOf(network, "town")).toBeNull());
});

describe("the squares of a level", () => {
  test("are as large as may be, in lines of equal length", () => {
    expect(packed(3, 180, 100, 16)).toEqual({ side: 16, columns: 3, lines: 1 });
    expect(packed(12, 180, 100, 16)).toEqual({ side: 16, columns: 6, lines: 2 });
    const many = packed(400, 180, 100, 16);
    expect(many.columns * many.lines).toBeGreaterThanOrEqual(400);
    expect(many.columns * many.side).toBeLessThanOrEqual(180);
    expect(many.lines * many.side).toBeLessThanOrEqual(100);
    expect(packed(1e5, 180, 100, 16).side).toBe(1);
  });

  test("are as many as the nodes, the broken first", () => {
    const looks = looksOf({ watches: 5, down: 1, upstream: 1, degraded: 0, unknown: 1 });
    expect(looks).toEqual(["down", "upstream", "unknown", "up", "up"]);
  });
});
