import { beforeEach, expect, test } from "vitest";
import { lang } from "../../src/i18n";
import { partText } from "../../src/pages/about/parts";

beforeEach(() => {
  lang.value = "zh";
});

test.each([
  ["collect video-0of1", "采集 video-0of1"],
  ["ledger", "台账"],
  ["flux capacitor", "flux capacitor"],
])("the part %s is called %s", (name, text) => {
  expect(partText(name)).toBe(text);
});
