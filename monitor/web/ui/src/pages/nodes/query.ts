/** What a list of watches is asked for, as it stands in the address. Pure. */

/** Watches on a page of the list. */
export const PAGE = 100;

const NAMES = [
  "state",
  "network",
  "region",
  "kind",
  "point_class",
  "contractor",
  "parent",
  "q",
  "sort",
  "offset",
] as const;

export type Asked = Partial<Record<(typeof NAMES)[number], string>>;

/** What of an address is a part of the question; the API refuses what it does not know. */
export function askedOf(query: URLSearchParams): Asked {
  const given = NAMES.map((name) => [name, query.get(name) ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}
