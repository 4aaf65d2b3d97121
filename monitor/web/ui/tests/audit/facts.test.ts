import { beforeEach, expect, test } from "vitest";
import { zone } from "../../src/clock";
import { lang, word } from "../../src/i18n";
import { ACTIONS, factsText } from "../../src/pages/audit/facts";

const sources = import.meta.glob<string>("../../../api/*.py", {
  eager: true,
  query: "?raw",
  import: "default",
});

beforeEach(() => {
  lang.value = "zh";
  zone.value = "Asia/Shanghai";
});

test("all that the API records can be asked for, and has a word", () => {
  const recorded = Object.values(sources).flatMap((source) => [...source.matchAll(/action="([a-z_.]+)"/g)]);
  expect(recorded.length).toBeGreaterThan(20);
  for (const [, action] of recorded) expect(ACTIONS).toContain(action);
  for (const action of ACTIONS) expect(word("action", action)).not.toBe(action);
});

test("facts are told in words, moments on the clock of the site", () => {
  const facts = {
    roles: ["operator", "approver"],
    disabled: true,
    scope: [],
    start: "2026-10-31T01:36:52.000Z",
    digest: "c36050",
  };
  expect(factsText(facts)).toBe("角色: 值班员, 审批员 · 停用: 是 · 开始: 2026-10-31 09:36:52 · 摘要: c36050");
});

test("what we have no word for stands as it is", () => {
  expect(factsText({ new_fact: { deep: [1, null] }, count: 3, nothing: null })).toBe(
    'new_fact: {"deep":[1,null]} · count: 3 · nothing: null',
  );
  expect(factsText({})).toBe("");
});
