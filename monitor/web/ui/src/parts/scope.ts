/** What a silence or a decision speaks of: as it is chosen, and as the API wants it. Pure. */
import type { AlertNow, OutageNow, Scope } from "../types";

export const SCOPE_KINDS = ["nodes", "regions", "contractors", "parents", "networks", "everything"] as const;
export type ScopeKind = (typeof SCOPE_KINDS)[number];

/** By what, and which. */
export interface ChosenScope {
  kind: ScopeKind;
  values: readonly string[];
}

const EMPTY: Scope = { nodes: [], regions: [], contractors: [], parents: [], networks: [] };

/** Whether it means something. */
export function isScope({ kind, values }: ChosenScope): boolean {
  return kind === "everything" || values.length > 0;
}

/** As the API wants it. */
export function scopeOf({ kind, values }: ChosenScope): { scope: Scope; everything: boolean } {
  if (kind === "everything") return { scope: EMPTY, everything: true };
  return { scope: { ...EMPTY, [kind]: values }, everything: false };
}

/** A node with what hangs behind it; of a camera there is nothing. */
function scopeOfNode(node: string, isCamera: boolean): ChosenScope {
  return { kind: isCamera ? "nodes" : "parents", values: [node] };
}

/** All that an outage may take yet: what hangs behind its root, or all that nobody looks at. */
export function scopeOfOutage(
  { kind, root, network }: Pick<OutageNow, "kind" | "root" | "network">,
  isCamera: boolean,
): ChosenScope {
  return kind === "observer" ? { kind: "networks", values: [network] } : scopeOfNode(root, isCamera);
}

/** What an alert is about, as narrowly as it says. `isCamera`: its node is one. */
export function scopeOfAlert(
  { node, region, network }: Pick<AlertNow, "node" | "region" | "network">,
  isCamera: boolean,
): ChosenScope {
  if (node) return scopeOfNode(node, isCamera);
  if (region) return { kind: "regions", values: [region] };
  return network ? { kind: "networks", values: [network] } : { kind: "everything", values: [] };
}
