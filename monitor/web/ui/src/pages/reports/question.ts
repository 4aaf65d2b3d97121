/** What is asked for, as it is chosen and as the API wants it. */
import { day } from "../../format";
import type { ReportQuestion } from "../../types";

export type When = "this_month" | "last_month" | "month" | "span";
export type By = "county" | "town" | "class" | "contractor" | "network" | "node";

export interface Chosen {
  when: When;
  /** `2026-10` */
  month: string;
  from: string;
  to: string;
  by: By;
  /** Pairs `key=value`, parted by spaces. */
  scope: string;
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
export function questionOf(chosen: Chosen, language: "zh" | "en", now: number): ReportQuestion {
  const months: Partial<Record<When, string>> = {
    this_month: monthOf(now),
    last_month: monthOf(now, 1),
    month: chosen.month,
  };
  const span = chosen.when === "span";
  return {
    period: span ? null : months[chosen.when],
    since: span ? chosen.from : null,
    until: span ? chosen.to : null,
    by: chosen.by,
    scope: chosen.scope.split(/\s+/).filter((each) => each !== ""),
    language,
  };
}
