/** How old the picture is: by what the collectors saw last, not by when the server spoke. Pure. */
import type { Collector } from "../types";

/** Collectors tell every ten seconds what they saw. */
const EVERY = 10;
/** Older than twice its interval a number is stale; a second is for its way here. */
export const OLD = 2 * EVERY + 1;

/** When this collector is known to have looked last, in milliseconds; it was told of at `told`. Null: it never did. */
export function lookedAt(collector: Collector, told: number): number | null {
  const { sight_age: age, lost_since: lost } = collector;
  if (lost !== null) return Date.parse(lost);
  return age === null ? null : told - 1000 * age;
}

/** Seconds since the oldest of the collectors' newest sights. Null: one of them never looked, or there are none. */
export function dataAge(collectors: readonly Collector[], told: number, now: number): number | null {
  const looked = collectors.map((each) => lookedAt(each, told));
  if (looked.length === 0 || looked.includes(null)) return null;
  return Math.max(0, (now - Math.min(...(looked as number[]))) / 1000);
}

/** Those that did not look of late when the server told of them: before it calls them silent, too. */
export function unseeing(collectors: readonly Collector[]): Collector[] {
  return collectors.filter((each) => each.footing !== "sees" || (each.sight_age ?? 0) > OLD);
}
