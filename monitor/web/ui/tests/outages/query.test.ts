import { expect, test } from "vitest";
import { questionOf, viewOf } from "../../src/pages/outages/query";

test("what goes on is shown unless the address says otherwise", () => {
  expect([null, "7", "30", "365", "open"].map(viewOf)).toEqual(["open", "7", "30", "open", "open"]);
});

test("the past begins at whole minutes, so that a question stays the same for a while", () => {
  const now = Date.parse("2026-10-31T09:36:52.123Z");
  expect(questionOf("open", now)).toEqual({ open: true, since: null });
  expect(questionOf("7", now)).toEqual({ open: false, since: "2026-10-24T09:36:00.000Z" });
  expect(questionOf("7", now + 7_000)).toEqual(questionOf("7", now));
  expect(questionOf("30", now).since).toBe("2026-10-01T09:36:00.000Z");
});
