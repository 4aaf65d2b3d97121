/** Where one is: `#/page/id?query`. */
import { computed, signal } from "@preact/signals";

export interface Route {
  /** The first part, "" for the overview. */
  page: string;
  /** The second part, decoded; "" where there is none. */
  id: string;
  query: URLSearchParams;
}

/** What a page is given. */
export interface PageProps {
  id: string;
  query: URLSearchParams;
}

export function parse(hash: string): Route {
  const [path, query = ""] = hash.replace(/^#?\/?/, "").split(/\?(.*)/s);
  const [page = "", id = ""] = path.split("/");
  return { page, id: decoded(id), query: new URLSearchParams(query) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // "%" typed by hand: it is what it is
  }
}

const hash = signal(location.hash);
window.addEventListener("hashchange", () => {
  hash.value = location.hash;
});

export const route = computed(() => parse(hash.value));

/** The address of a page, for `href`. */
export function to(
  page: string,
  id = "",
  query: Record<string, string | number | null | undefined> = {},
): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${text ? `?${text}` : ""}`;
}

/** Go there; with `replace`, without a step in the browser's history (for filters). */
export function go(address: string, replace = false): void {
  if (replace) history.replaceState(null, "", address);
  else location.hash = address;
  hash.value = location.hash; // at once: the browser tells of it only later
}
