/** The way to the API: JSON in and out, errors as ProblemError, and the session's CSRF token where it is needed. */
import { isAttended } from "./attendance";
import type { Problem } from "./types";

export const API = "/api/v1";

export type Query = Record<string, string | number | boolean | null | undefined>;

/** What the server refused, in its own words (RFC 9457), in the language that was asked for. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: Record<string, unknown>[];
  /** What else the server said of it, such as `need`. */
  readonly more: Readonly<Record<string, unknown>>;
  /** Seconds to wait before asking again, where the server says so. */
  readonly after: number | null;

  constructor(problem: Problem, after: number | null = null) {
    super(problem.detail || problem.title);
    this.name = "ProblemError";
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail ?? "";
    this.errors = problem.errors ?? [];
    this.more = { ...problem };
    this.after = after;
  }
}

/** What each request needs to know; session.ts and i18n.ts keep it true. */
export const asking = {
  csrf: null as string | null,
  language: "zh",
  /** The session is over, or there was none: called at each 401. */
  loggedOut: () => {},
};

/** The path with a query: empty and absent values are left out. */
export function withQuery(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text ? `${path}?${text}` : path;
}

/** Read. `path` is below /api/v1. Raises ProblemError, or DOMException when `signal` ends it. */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return read<T>(await ask("GET", withQuery(path, query), { signal }));
}

/** Change something. Raises ProblemError. */
export async function send<T>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
): Promise<T> {
  const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
  return read<T>(
    await ask(method, path, { headers, body: body === undefined ? null : JSON.stringify(body) }),
  );
}

/** Hand in a file as it is; its name goes beside it. Raises ProblemError. */
export async function upload<T>(path: string, file: File): Promise<T> {
  const headers = {
    "Content-Type": file.type || "application/octet-stream",
    "X-File-Name": encodeURIComponent(file.name),
  };
  return read<T>(await ask("POST", path, { headers, body: file }));
}

/** Save what is at `path` (below /api/v1, or as an answer named it) under the name that the server gives it. */
export function download(path: string): void {
  const link = document.createElement("a");
  link.href = path.startsWith(API) ? path : API + path;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}

async function ask(method: string, path: string, init: RequestInit): Promise<Response> {
  const headers: Record<string, string> = {
    Accept: "application/json",
    "Accept-Language": asking.language,
    ...(init.headers as Record<string, string> | undefined),
  };
  if (!isAttended()) headers["X-Unattended"] = "1";
  if (method !== "GET" && asking.csrf) headers["X-CSRF-Token"] = asking.csrf;
  let response: Response;
  try {
    response = await fetch(API + path, { ...init, method, headers, credentials: "same-origin" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ProblemError({ type: "about:blank", title: "unreachable", status: 0 });
  }
  if (response.ok) return response;
  if (response.status === 401) asking.loggedOut();
  throw await problemOf(response);
}

async function read<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

async function problemOf(response: Response): Promise<ProblemError> {
  const seconds = Number(response.headers.get("Retry-After"));
  const plain: Problem = { type: "about:blank", title: response.statusText, status: response.status };
  const said = await response.json().catch(() => plain); // a proxy in between answers in HTML
  return new ProblemError({ ...plain, ...said }, seconds > 0 ? seconds : null);
}
