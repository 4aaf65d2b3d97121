/** The words of the pages in Chinese and English; each page has its own file in words/zh and words/en. */
import { effect, signal } from "@preact/signals";
import { asking } from "./api";
import { keep, recall } from "./store";
import enAbout from "./words/en/about";
import enAccounts from "./words/en/accounts";
import enAlerts from "./words/en/alerts";
import enApp from "./words/en/app";
import enAudit from "./words/en/audit";
import enCommon from "./words/en/common";
import enGb from "./words/en/gb";
import enInventory from "./words/en/inventory";
import enMaintenance from "./words/en/maintenance";
import enMe from "./words/en/me";
import enNode from "./words/en/node";
import enNodes from "./words/en/nodes";
import enOutages from "./words/en/outages";
import enOverview from "./words/en/overview";
import enReports from "./words/en/reports";
import { CAUSES, KINDS } from "./words/model";
import zhAbout from "./words/zh/about";
import zhAccounts from "./words/zh/accounts";
import zhAlerts from "./words/zh/alerts";
import zhApp from "./words/zh/app";
import zhAudit from "./words/zh/audit";
import zhCommon from "./words/zh/common";
import zhGb from "./words/zh/gb";
import zhInventory from "./words/zh/inventory";
import zhMaintenance from "./words/zh/maintenance";
import zhMe from "./words/zh/me";
import zhNode from "./words/zh/node";
import zhNodes from "./words/zh/nodes";
import zhOutages from "./words/zh/outages";
import zhOverview from "./words/zh/overview";
import zhReports from "./words/zh/reports";

export type Lang = "zh" | "en";

const zh = {
  ...zhCommon,
  ...zhApp,
  ...zhMe,
  ...zhOverview,
  ...zhNodes,
  ...zhNode,
  ...zhOutages,
  ...zhAlerts,
  ...zhMaintenance,
  ...zhReports,
  ...zhGb,
  ...zhInventory,
  ...zhAccounts,
  ...zhAudit,
  ...zhAbout,
};

export type Key = keyof typeof zh;

const en: Record<Key, string> = {
  ...enCommon,
  ...enApp,
  ...enMe,
  ...enOverview,
  ...enNodes,
  ...enNode,
  ...enOutages,
  ...enAlerts,
  ...enMaintenance,
  ...enReports,
  ...enGb,
  ...enInventory,
  ...enAccounts,
  ...enAudit,
  ...enAbout,
};

const WORDS: Record<Lang, Record<Key, string>> = { zh, en };

const chosen = recall("lang");

/** The language that is shown. Chinese until the site or the user says otherwise. */
export const lang = signal<Lang>(chosen === "en" || chosen === "zh" ? chosen : "zh");

/** What the user wants; remembered. */
export function choose(language: Lang): void {
  lang.value = language;
  keep("lang", language);
}

/** What the site speaks, for who has not chosen. */
export function speak(language: Lang): void {
  if (recall("lang") === null) lang.value = language;
}

effect(() => {
  asking.language = lang.value;
  if (typeof document !== "undefined") document.documentElement.lang = lang.value === "zh" ? "zh-CN" : "en";
});

/** A phrase in the language that is shown; `{name}` in it is replaced by `args.name`. */
export function t(key: Key, args: Record<string, string | number> = {}): string {
  return WORDS[lang.value][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(args[name] ?? whole));
}

/** A key that is put together from a name of the API; the name itself where we have no word for it. */
export function word(prefix: string, name: string): string {
  const key = `${prefix}.${name}`;
  return key in zh ? t(key as Key) : name;
}

/** The word of a cause (`no_reply` → 无应答). */
export function causeText(cause: string): string {
  return CAUSES[lang.value][cause] ?? cause;
}

/** The word of a class of points (`1` or `class1` → 一类). */
export function classText(name: string | number): string {
  return word("class", String(name).replace("class", ""));
}

/** The word of a kind of node (`camera` → 点位). */
export function kindText(kind: string): string {
  return KINDS[lang.value][kind] ?? kind;
}
