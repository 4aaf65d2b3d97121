/** How outages are named and drawn wherever they stand. */
import { t } from "../i18n";
import type { Look } from "../signs";
import type { OutageNow } from "../types";

/** What failed: its root, or what is suspected, or who does not look. */
export function outageName(outage: OutageNow): string {
  const name = outage.name || outage.root;
  if (outage.kind === "observer") return t("outages.observer", { name });
  return outage.kind === "suspected" ? t("outages.suspected", { name }) : name;
}

/** Well again, foreseen, not seen, or down. */
export function outageLook(outage: Pick<OutageNow, "phase" | "kind" | "excluded">): Look {
  if (outage.phase === "closed") return "up";
  if (outage.excluded !== "") return "maintenance";
  return outage.kind === "observer" ? "unknown" : "down";
}

/** Who takes care of it, as far as anybody does. */
export function careText(outage: Pick<OutageNow, "acked_by" | "assigned_to">): string {
  const parts = [
    outage.acked_by === null ? t("outages.nobody") : t("outages.acked", { who: outage.acked_by }),
    outage.assigned_to === null ? "" : t("outages.assigned", { who: outage.assigned_to }),
  ];
  return parts.filter((each) => each !== "").join(" · ");
}
