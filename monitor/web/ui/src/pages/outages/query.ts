/** Which outages are asked for. Pure. */

export type View = "open" | "7" | "30";

const DAY = 86_400_000;
const MINUTE = 60_000;

/** The view that an address names; what goes on, where it names none. */
export function viewOf(text: string | null): View {
  return text === "7" || text === "30" ? text : "open";
}

/** As the API is asked. To the minute: a question that differed each time would be asked at every stroke. */
export function questionOf(view: View, now: number): { open: boolean; since: string | null } {
  if (view === "open") return { open: true, since: null };
  const since = Math.floor(now / MINUTE) * MINUTE - Number(view) * DAY;
  return { open: false, since: new Date(since).toISOString() };
}
