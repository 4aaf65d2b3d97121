/** What waits stands first, then what holds, what comes, and what is over; of each the newest first. */
import type { Decided } from "../../types";

const RANK: Record<Decided["standing"], number> = { waiting: 0, now: 1, coming: 2, over: 3 };

export function inOrder(decisions: readonly Decided[]): Decided[] {
  return [...decisions].sort(
    (a, b) => RANK[a.standing] - RANK[b.standing] || b.requested_at.localeCompare(a.requested_at),
  );
}
