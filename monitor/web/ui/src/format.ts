/** Numbers, shares and times as people read them. Everything here says "–" where nothing is known. */
import { now, zone } from "./clock";
import { type Lang, lang } from "./i18n";

export const NOTHING = "–";

/** A share as `98.41 %`, cut off and not rounded: 97.996 % must never read as the 98 % that it misses. */
export function percent(share: number | null | undefined, digits = 2): string {
  if (share === null || share === undefined) return NOTHING;
  const scale = 10 ** digits;
  return `${(Math.floor(share * 100 * scale + 1e-6) / scale).toFixed(digits)} %`;
}

/** A share that somebody chose, as it was chosen: `98 %`, `99.5 %`. */
export function goalText(share: number | null | undefined): string {
  return share === null || share === undefined ? NOTHING : `${Number((share * 100).toFixed(4))} %`;
}

/** A number with its thousands parted: `3,352`. */
export function number(value: number | null | undefined, digits = 0): string {
  if (value === null || value === undefined) return NOTHING;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

const UNITS: readonly [number, Record<Lang, string>][] = [
  [86400, { zh: "天", en: "d" }],
  [3600, { zh: "小时", en: "h" }],
  [60, { zh: "分钟", en: "min" }],
  [1, { zh: "秒", en: "s" }],
];

/** How long, in its largest whole unit: `12 分钟`. Never negative. */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? UNITS[3];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit[lang.value]}`;
}

/** How long, to the second: `27 分钟 18 秒`; from a day on without seconds. */
export function exactSpan(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  let rest = Math.max(0, Math.round(seconds));
  const parts: string[] = [];
  for (const [size, unit] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${unit[lang.value]}`);
  }
  if (parts.length === 0) return `0 ${UNITS[3][1][lang.value]}`;
  return parts.slice(0, seconds >= 86400 ? 2 : 3).join(" ");
}

/** How short, for probes: `0.4 ms`, `18 ms`, `1.24 s`. What took any time at all never reads as none. */
export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return NOTHING;
  if (seconds >= 1) return `${seconds.toFixed(2)} s`;
  const millis = seconds * 1000;
  if (millis >= 10 || millis === 0) return `${Math.round(millis)} ms`;
  return `${Number(Math.max(0.1, millis).toFixed(1))} ms`;
}

/** A moment of the API (RFC 3339) or of the board (milliseconds, 0: nobody knows) in milliseconds. */
export function millis(moment: string | number | null | undefined): number | null {
  if (moment === null || moment === undefined || moment === 0 || moment === "") return null;
  return typeof moment === "number" ? moment : Date.parse(moment);
}

/** How long ago by the server's clock, as a span. Reads the clock: who shows it is drawn each second. */
export function age(moment: string | number | null | undefined): string {
  const then = millis(moment);
  return then === null ? NOTHING : span((now.value - then) / 1000);
}

/** The same as people say it: `3 分钟前`. */
export function ago(moment: string | number | null | undefined): string {
  const told = age(moment);
  if (told === NOTHING) return told;
  return lang.value === "zh" ? `${told}前` : `${told} ago`;
}

type Parts = Record<"year" | "month" | "day" | "hour" | "minute" | "second", string>;

const formats = new Map<string, Intl.DateTimeFormat>();

function partsOf(at: number): Parts {
  let format = formats.get(zone.value);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone.value,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
    });
    formats.set(zone.value, format);
  }
  return Object.fromEntries(format.formatToParts(at).map((part) => [part.type, part.value])) as Parts;
}

/** The day at the site: `2026-10-31`. */
export function day(moment: string | number | null | undefined): string {
  const at = millis(moment);
  if (at === null) return NOTHING;
  const { year, month, day: date } = partsOf(at);
  return `${year}-${month}-${date}`;
}

/** The clock at the site: `09:36:52`. */
export function clock(moment: string | number | null | undefined): string {
  const at = millis(moment);
  if (at === null) return NOTHING;
  const { hour, minute, second } = partsOf(at);
  return `${hour}:${minute}:${second}`;
}

/** A moment at the site: `09:36:52`, with its date if that is not today's. */
export function moment(at: string | number | null | undefined): string {
  const then = millis(at);
  if (then === null) return NOTHING;
  const date = day(then);
  return date === day(now.peek()) ? clock(then) : `${date} ${clock(then).slice(0, 5)}`;
}

/** A moment at the site, whole: `2026-10-31 09:36:52`. */
export function fullMoment(at: string | number | null | undefined): string {
  return millis(at) === null ? NOTHING : `${day(at)} ${clock(at)}`;
}

/** A wall-clock time at the site (`2026-10-31T09:36` of an input) as RFC 3339 in UTC; null if it is none. */
export function fromSite(wall: string): string | null {
  const read = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d))?$/.exec(wall);
  if (read === null) return null;
  const [year, month, date, hour, minute, second = "0"] = read.slice(1);
  const wanted = Date.UTC(+year, +month - 1, +date, +hour, +minute, +second);
  let at = wanted;
  for (let turn = 0; turn < 2; turn += 1) at += wanted - wallOf(at); // twice: over a change of the clock
  return new Date(at).toISOString();
}

function wallOf(at: number): number {
  const { year, month, day: date, hour, minute, second } = partsOf(at);
  return Date.UTC(+year, +month - 1, +date, +hour, +minute, +second);
}

/** A moment as an input of type `datetime-local` wants it, on the clock of the site. */
export function toSite(at: string | number): string {
  return `${day(at)}T${clock(at).slice(0, 5)}`;
}

/** The size of a file: `1.2 MB`. */
export function bytes(size: number): string {
  if (size < 1000) return `${size} B`;
  if (size < 1e6) return `${(size / 1e3).toFixed(1)} kB`;
  return `${(size / 1e6).toFixed(1)} MB`;
}
