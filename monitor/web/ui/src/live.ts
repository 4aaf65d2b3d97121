/** The one live picture of this page, over the real API. */
import { computed, effect } from "@preact/signals";
import { API, get, withQuery } from "./api";
import { now, setClock, zone } from "./clock";
import { speak } from "./i18n";
import { dataAge, lookedAt, OLD, unseeing } from "./live/sight";
import { LiveStore, type News } from "./live/store";
import { readSession } from "./session";
import type { Collector } from "./types";

export * from "./live/cells";
export type { News, Pulse } from "./live/store";

const store = new LiveStore({
  get,
  open: (last) => new EventSource(withQuery(`${API}/events`, { last })),
  frame: (callback) => {
    // A hidden page draws no frames, and would let events pile up.
    if (document.hidden) setTimeout(callback, 1000);
    else requestAnimationFrame(callback);
  },
  now: () => Date.now(),
});

/** Every watch as typed arrays; changed in place: look at `version`, or listen by `onChange`. */
export const board = store.board;
/** The first page's figures, kept true. */
export const overview = store.overview;
export const pulse = store.pulse;
/** Counts the frames in which something on the board changed. */
export const version = store.version;
/** Why the picture could not be read. */
export const failure = store.failure;

/** Calls with the rows of the board that changed, at most once a frame. Gives back how to end it. */
export const onChange = (callback: (rows: readonly number[]) => void): (() => void) =>
  store.onChange(callback);
/** Calls when outages, alerts, decisions or the inventory changed: read your list again. Gives back how to end it. */
export const onNews = (callback: (kind: News) => void): (() => void) => store.onNewsOf(callback);

/** The server speaks every two seconds; silent for more than twice that, its picture is stale. */
const INTERVAL = 2;

export interface Freshness {
  /** Seconds since the collector that is furthest behind is known to have looked; null: one never did. */
  age: number | null;
  isStale: boolean;
  /** Since when the line is lost, in milliseconds on this machine's clock; null: it is not. */
  lostAt: number | null;
}

export const freshness = computed<Freshness>(() => {
  const beat = now.value; // anew each second
  const heard = store.heardAt.value;
  const lostAt = store.lostAt.value;
  const seen = store.overview.value;
  const age = seen === null ? null : dataAge(seen.collectors, Date.parse(seen.time), beat);
  const isMute = heard === null || Date.now() - heard > 1000 * (2 * INTERVAL + 1);
  return { age, isStale: age === null || age > OLD || isMute || lostAt !== null, lostAt };
});

/** A collector that does not look, and since when, in milliseconds; null: it never did. */
export interface Unseeing extends Collector {
  since: number | null;
}

/** Those that do not look, as the server said last. */
export const blindness = computed<Unseeing[]>(() => {
  const seen = store.overview.value;
  if (seen === null) return [];
  const told = Date.parse(seen.time);
  return unseeing(seen.collectors).map((each) => ({ ...each, since: lookedAt(each, told) }));
});

effect(() => {
  const seen = store.overview.value;
  if (seen === null) return;
  setClock(seen.time);
  zone.value = seen.timezone;
  speak(seen.language);
});

/** Begin to look. */
export function startLive(): void {
  void store.start();
}

export function stopLive(): void {
  store.stop();
}

/** The line broke: perhaps because the session is over. */
effect(() => {
  if (store.lostAt.value !== null) void readSession().catch(() => undefined); // no line, no answer
});
