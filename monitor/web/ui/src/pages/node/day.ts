/** A day of a watch: what it consists of, and which part of it is drawn. Pure. */
import { clock, fromSite } from "../../format";
import type { Look } from "../../signs";
import type { Day } from "../../types";

/** From and to, in milliseconds. */
export type Window = readonly [number, number];

/** The day before or after, by the calendar. */
export function dayBeside(day: string, step: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + step);
  return at.toISOString().slice(0, 10);
}

/** A day at the site, from midnight to midnight; null for a text that is none. */
export function windowOf(day: string): Window | null {
  const start = fromSite(`${day}T00:00`);
  if (start === null) return null;
  const end = fromSite(`${dayBeside(day, 1)}T00:00`);
  return end === null ? null : [Date.parse(start), Date.parse(end)];
}

const NEAR = 5 * 60_000;

/** The ten minutes around a moment, within the day. */
export function around(at: number, [start, end]: Window): Window {
  const from = Math.min(Math.max(start, at - NEAR), end - 2 * NEAR);
  return [from, from + 2 * NEAR];
}

const QUARTERS = [0, 1, 2, 3, 4];

/** Five moments along a window, as the clock at the site shows them; to the second in a short one. */
export function marksOf([start, end]: Window): string[] {
  const marks = QUARTERS.map((each) => clock(start + (each * (end - start)) / 4));
  if (end - start <= 2 * NEAR) return marks;
  return [...marks.slice(0, -1).map((each) => each.slice(0, 5)), "24:00"];
}

/** How long it was in each state in which it was at all, from the ground up: what was intact first. */
export function secondsOf(day: Day): [Look, number][] {
  const all: [Look, number][] = [
    ["up", day.up],
    ["degraded", day.degraded],
    ["unknown", day.unknown],
    ["maintenance", day.excluded],
    ["upstream", day.down_upstream],
    ["down", day.down_own],
  ];
  return all.filter(([, seconds]) => seconds > 0);
}

/** The same as shares of what is over of that day. */
export function partsOf(day: Day): [Look, number][] {
  const parts = secondsOf(day);
  const whole = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  return parts.map(([look, seconds]) => [look, seconds / whole]);
}
