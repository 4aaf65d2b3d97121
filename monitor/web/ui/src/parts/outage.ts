/** How outages are named and drawn wherever they stand. */
import { t } from "../i18n";
import type { Look } from "../signs";
import type { OutageNow } from "../types";
import { collectorText } from "./collectors";

/** What failed: its root, or what is suspected, or who does not look. */
export function outageName(outage: OutageNow): string {
  const name = outage.name || outage.root;
  if (outage.kind === "observer") return t("outages.observer", { name: collectorText(outage.root) });
  return outage.kind === "suspected" ? t("outages.suspected", { name }) : name;
}

/** Well again, foreseen, not seen, or down. */
export function outageLook(outage: Pick<OutageNow, "phase" | "kind" | "excluded">): Look {
  if (outage.phase === "closed") return "up";
  if (outage.excluded !== "") return "maintenance";
  return outage.kind === "observer" ? "unknown" : "down";
}

/** Who takes care of it, as far as anybody does. Of one that is over nobody waits for it any more. */
export function careText(outage: Pick<OutageNow, "acked_by" | "assigned_to">, isOver = false): string {
  const nobody = isOver ? t("outages.nobody_did") : t("outages.nobody");
  const parts = [
    outage.acked_by === null ? nobody : t("outages.acked", { who: outage.acked_by }),
    outage.assigned_to === null ? "" : t("outages.assigned", { who: outage.assigned_to }),
  ];
  return parts.filter((each) => each !== "").join(" · ");
}
