/** Who is asking, and what they may do. The server decides; the pages only do not offer what it would refuse. */
import { signal } from "@preact/signals";
import { asking, get, send } from "./api";
import { go, route, to } from "./router";
import type { Login, NewPassword, Redeem, Session } from "./types";

export type Permission =
  | "look"
  | "detail"
  | "operate"
  | "approve"
  | "report"
  | "audit"
  | "inventory"
  | "accounts"
  | "own";

/** Null until the server has said who one is. */
export const session = signal<Session | null>(null);

export function may(permission: Permission): boolean {
  return session.value?.permissions.includes(permission) ?? false;
}

function remember(said: Session): Session {
  asking.csrf = said.csrf;
  session.value = said;
  return said;
}

/** Ask the server anew who one is. */
export async function readSession(): Promise<Session> {
  return remember(await get<Session>("/session"));
}

/** Raises ProblemError when the server does not let in; its `more.need` is "code" where only that is missing. */
export async function logIn(login: Login): Promise<Session> {
  return remember(await send<Session>("POST", "/session", login));
}

/** Use a one-time link: sets the password and logs in. Raises ProblemError. */
export async function redeem(wanted: Redeem): Promise<Session> {
  return remember(await send<Session>("POST", "/session/redeem", wanted));
}

/** Raises ProblemError. The session goes on under a new cookie; the account's others are over. */
export async function changePassword(wanted: NewPassword): Promise<Session> {
  return remember(await send<Session>("POST", "/session/password", wanted));
}

export async function logOut(): Promise<void> {
  await send("DELETE", "/session");
  go(to("login"));
  await readSession();
}

/** Pages on which nobody needs to be known. */
const OPEN = new Set(["login", "welcome"]);

asking.loggedOut = () => {
  if (OPEN.has(route.value.page)) return;
  void readSession().catch(() => undefined); // asked again soon (app.tsx)
  const back = location.hash.replace(/^#/, "");
  go(to("login", "", { back: back === "/" ? "" : back }));
};
