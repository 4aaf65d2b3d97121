import { beforeEach, describe, expect, test } from "vitest";
import { zone } from "../../src/clock";
import { type Chosen, isWhole, monthOf, questionOf } from "../../src/pages/reports/question";

const NOW = Date.parse("2026-10-31T16:30:00Z");

const USUAL: Chosen = {
  when: "this_month",
  month: "2026-03",
  from: "",
  to: "",
  by: "county",
  what: "class1",
  region: "",
  network: "",
  contractor: "",
  nodes: [],
  language: "zh",
};

beforeEach(() => {
  zone.value = "Asia/Shanghai";
});

describe("the months", () => {
  test("are those of the site, where it is November already", () => {
    expect([monthOf(NOW), monthOf(NOW, 1)]).toEqual(["2026-11", "2026-10"]);
    zone.value = "UTC";
    expect(monthOf(NOW)).toBe("2026-10");
  });

  test("go back over the new year", () => {
    expect(monthOf(Date.parse("2026-01-15T00:00:00Z"), 1)).toBe("2025-12");
    expect(monthOf(Date.parse("2026-12-15T00:00:00Z"), 13)).toBe("2025-11");
  });
});

describe("the question", () => {
  test("names a period, or both its ends, and never all three", () => {
    const ask = (part: Partial<Chosen>) => {
      const { period, since, until } = questionOf(
        { ...USUAL, from: "2026-10-01", to: "2026-10-05", ...part },
        NOW,
      );
      return [period, since, until];
    };
    expect(ask({ when: "this_month" })).toEqual(["2026-11", null, null]);
    expect(ask({ when: "last_month" })).toEqual(["2026-10", null, null]);
    expect(ask({ when: "month" })).toEqual(["2026-03", null, null]);
    expect(ask({ when: "span" })).toEqual([null, "2026-10-01", "2026-10-05"]);
  });

  test.each<[Partial<Chosen>, string[]]>([
    [{}, []],
    [{ what: "class2" }, ["class=2", "kind=camera"]],
    [{ what: "all" }, ["all"]],
    [{ region: "440981" }, ["region=440981"]],
    [
      { what: "all", region: "440981", contractor: "Company A", network: "video", nodes: ["a", "b"] },
      ["all", "region=440981", "network=video", "contractor=Company A", "node=a", "node=b"],
    ],
  ])("of %j has the scope %j", (part, scope) => {
    expect(questionOf({ ...USUAL, ...part }, NOW).scope).toEqual(scope);
  });
});

test.each<[Partial<Chosen>, boolean]>([
  [{}, true],
  [{ when: "month" }, true],
  [{ when: "month", month: "" }, false],
  [{ when: "month", month: "October" }, false],
  [{ when: "span" }, false],
  [{ when: "span", from: "2026-10-05", to: "2026-10-05" }, true],
  [{ when: "span", from: "2026-10-06", to: "2026-10-05" }, false],
])("what is chosen as %j is whole: %s", (part, isEnough) => {
  expect(isWhole({ ...USUAL, ...part })).toBe(isEnough);
});
