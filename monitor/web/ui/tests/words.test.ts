import { expect, test } from "vitest";
import { causeText, kindText, lang, t, word } from "../src/i18n";

const files = import.meta.glob<{ default: Record<string, string> }>("../src/words/{zh,en}/*.ts", {
  eager: true,
});
const pages = Object.keys(files)
  .filter((path) => path.includes("/zh/"))
  .map((path) => path.split("/").pop()!);

const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test.each(pages)("the words of %s say in both languages the same things", (page) => {
  const zh = files[`../src/words/zh/${page}`].default;
  const en = files[`../src/words/en/${page}`].default;
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort());
  for (const key of Object.keys(zh)) {
    expect(zh[key], key).not.toBe("");
    expect(placeholders(en[key]), key).toEqual(placeholders(zh[key]));
  }
});

test("no two pages use the same key", () => {
  const keys = pages.flatMap((page) => Object.keys(files[`../src/words/zh/${page}`].default));
  expect(new Set(keys).size).toBe(keys.length);
});

test("what is put into a phrase stands in it, and what is missing is seen", () => {
  lang.value = "zh";
  expect(t("app.data", { age: "2 秒" })).toBe("数据 2 秒前");
  expect(t("app.data")).toBe("数据 {age}前");
});

test("names of the API have words; those that we do not know stay as they are", () => {
  lang.value = "zh";
  expect([causeText("no_reply"), kindText("switch"), word("role", "operator")]).toEqual([
    "无应答",
    "交换机",
    "值班员",
  ]);
  expect([causeText("new_cause"), word("role", "king")]).toEqual(["new_cause", "king"]);
});
