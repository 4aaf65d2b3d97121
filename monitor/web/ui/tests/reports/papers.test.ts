import { beforeEach, expect, test } from "vitest";
import { zone } from "../../src/clock";
import { lang } from "../../src/i18n";
import { fileText, periodOf, scopeText } from "../../src/pages/reports/papers";
import type { Region, ReportFile, ReportMade } from "../../src/types";

beforeEach(() => {
  lang.value = "zh";
  zone.value = "Asia/Shanghai";
});

const REGIONS: Region[] = [{ code: "440981", name: "高州市", parent: "440900", level: "county" }];

function made(question: Record<string, unknown>): ReportMade {
  return { key: "k", revision: 1, digest: "", made_at: "", title: "of old", question, files: [] };
}

function file(name: string, form: ReportFile["form"]): ReportFile {
  return { form, name, bytes: 1, url: "" };
}

test("a period ends with its last day, which is the site's", () => {
  const month = { from: "2026-09-30T16:00:00.000Z", to: "2026-10-31T16:00:00.000Z" };
  expect(periodOf(made(month))).toBe("2026-10-01 – 2026-10-31");
  expect(periodOf(made({}))).toBe("of old");
});

test("a scope is told in words, and what has no word as it stands", () => {
  const scope = [
    ["class", "1"],
    ["kind", "camera"],
    ["region", "440981"],
    ["region", "440983"],
    ["contractor", "甲公司"],
  ];
  expect(scopeText(made({ scope }), REGIONS)).toBe("一类点位 · 高州市 · 440983 · 甲公司");
  expect(scopeText(made({ scope: [] }), REGIONS)).toBe("全部监测项");
});

test("a proof says of which file it is", () => {
  expect(fileText(file("x.pdf", "pdf"))).toBe("PDF");
  expect(fileText(file("x.json", "json"))).toBe("JSON");
  expect(fileText(file("x.csv.json", "json"))).toBe("CSV 的证明");
});
