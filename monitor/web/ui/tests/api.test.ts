import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { asking, get, ProblemError, send, withQuery } from "../src/api";

let answer: () => Promise<Response>;
let isOut: boolean;

beforeEach(() => {
  isOut = false;
  asking.loggedOut = () => {
    isOut = true;
  };
  vi.stubGlobal("fetch", () => answer());
});

afterEach(() => vi.unstubAllGlobals());

function says(status: number, body: string, headers: Record<string, string> = {}): void {
  answer = async () => new Response(body, { status, headers });
}

async function refused(asked: Promise<unknown>): Promise<ProblemError> {
  const error = await asked.then(
    () => null,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(ProblemError);
  return error as ProblemError;
}

test("what the server refuses is told in its own words, with all it says", async () => {
  says(429, '{"title":"Too Many","status":429,"detail":"请稍候","need":"code"}', { "Retry-After": "7" });
  const error = await refused(send("POST", "/session"));
  expect(error).toMatchObject({ status: 429, message: "请稍候", after: 7 });
  expect(error.more.need).toBe("code");
  expect(isOut).toBe(false);
});

test("a proxy that answers in HTML is an error like any other", async () => {
  says(502, "<html>Bad Gateway</html>");
  expect(await refused(get("/overview"))).toMatchObject({ status: 502, after: null });
});

test("a server that is away is error 0", async () => {
  answer = () => Promise.reject(new TypeError("fetch failed"));
  expect(await refused(get("/overview"))).toMatchObject({ status: 0 });
});

test("who gives up reading is not told of an error of the server", async () => {
  answer = () => Promise.reject(new DOMException("aborted", "AbortError"));
  await expect(get("/overview")).rejects.toHaveProperty("name", "AbortError");
});

test("401 means that the session is over", async () => {
  says(401, '{"title":"Unauthorized","status":401,"detail":"请先登录"}');
  await refused(get("/accounts"));
  expect(isOut).toBe(true);
});

test("empty values stand in no query", () => {
  expect(withQuery("/nodes", { q: "a b&c", state: "", region: null, offset: 0, open: false })).toBe(
    "/nodes?q=a+b%26c&offset=0&open=false",
  );
  expect(withQuery("/nodes")).toBe("/nodes");
});
