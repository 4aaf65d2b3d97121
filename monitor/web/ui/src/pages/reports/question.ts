/** What is asked for, as it is chosen and as the API wants it. */
import { day } from "../../format";
import type { Lang } from "../../i18n";
import type { ReportQuestion } from "../../types";

export type When = "this_month" | "last_month" | "month" | "span";
export type By = "county" | "town" | "class" | "contractor" | "network" | "node";
/** Which watches: points of a class, or whatever is watched. */
export type What = "class1" | "class2" | "class3" | "all";

export interface Chosen {
  when: When;
  /** `2026-10` */
  month: string;
  from: string;
  to: string;
  by: By;
  what: What;
  /** The code of a region; "" for the whole site. */
  region: string;
  /** "" for all, as below. */
  network: string;
  contractor: string;
  /** These nodes alone; empty: all. */
  nodes: readonly string[];
  language: Lang;
}

/** The month of a moment at the site, `back` months before it: `2026-10`. */
export function monthOf(at: number, back = 0): string {
  const [year, month] = day(at).split("-").map(Number);
  const count = year * 12 + (month - 1) - back;
  return `${Math.floor(count / 12)}-${String((count % 12) + 1).padStart(2, "0")}`;
}

/** Whether enough is chosen to ask. */
export function isWhole(chosen: Chosen): boolean {
  if (chosen.when === "month") return /^\d{4}-\d\d$/.test(chosen.month);
  return chosen.when !== "span" || (chosen.from !== "" && chosen.to !== "" && chosen.from <= chosen.to);
}

/** The question for the API; `now`: this moment in milliseconds. */
export function questionOf(chosen: Chosen, now: number): ReportQuestion {
  const months: Partial<Record<When, string>> = {
    this_month: monthOf(now),
    last_month: monthOf(now, 1),
    month: chosen.month,
  };
  const isSpan = chosen.when === "span";
  return {
    period: isSpan ? null : months[chosen.when],
    since: isSpan ? chosen.from : null,
    until: isSpan ? chosen.to : null,
    by: chosen.by,
    scope: scopeOf(chosen),
    language: chosen.language,
  };
}

const WATCHES: Record<What, readonly string[]> = {
  class1: [], // what the API means when nobody says which
  class2: ["class=2", "kind=camera"],
  class3: ["class=3", "kind=camera"],
  all: ["all"],
};

function scopeOf({ what, region, network, contractor, nodes }: Chosen): string[] {
  const narrowed = Object.entries({ region, network, contractor }).filter(([, value]) => value !== "");
  return [
    ...WATCHES[what],
    ...narrowed.map(([key, value]) => `${key}=${value}`),
    ...nodes.map((each) => `node=${each}`),
  ];
}
