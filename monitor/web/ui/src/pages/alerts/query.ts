/** Which alerts are asked for, as it stands in the address. Pure. */

/** Alerts on a page of the list. */
export const PAGE = 50;

export type View = "open" | "all" | "silences";

/** What goes on, unless the address says otherwise. */
export function viewOf(given: string | null): View {
  return given === "all" || given === "silences" ? given : "open";
}

const NAMES = ["severity", "rule", "network"] as const;

export type Asked = Partial<Record<(typeof NAMES)[number], string>>;

/** What of an address is a part of the question. */
export function askedOf(query: URLSearchParams): Asked {
  const given = NAMES.map((name) => [name, query.get(name) ?? ""] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}
