import { t } from "../i18n";
import type { Scope } from "../types";
import { Choice, Field } from "./Field";

export type ScopeKind = "nodes" | "regions" | "contractors" | "parents" | "networks" | "everything";

const KINDS: readonly ScopeKind[] = ["nodes", "regions", "contractors", "parents", "networks", "everything"];

/** A scope as it is typed: by what, and which. */
export interface TypedScope {
  kind: ScopeKind;
  values: string;
}

const EMPTY: Scope = { nodes: [], regions: [], contractors: [], parents: [], networks: [] };

/** The values of a typed scope: parted by semicolons, of either width. */
export function valuesOf(typed: TypedScope): string[] {
  return typed.values
    .split(/[;；]/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

/** Whether it means something. */
export function isScope(typed: TypedScope): boolean {
  return typed.kind === "everything" || valuesOf(typed).length > 0;
}

/** As the API wants it. */
export function scopeOf(typed: TypedScope): { scope: Scope; everything: boolean } {
  if (typed.kind === "everything") return { scope: EMPTY, everything: true };
  return { scope: { ...EMPTY, [typed.kind]: valuesOf(typed) }, everything: false };
}

/** As people read it. */
export function scopeText(scope: Scope | null): string {
  if (scope === null) return "";
  const parts = [scope.nodes, scope.regions, scope.contractors, scope.parents, scope.networks];
  return parts.flat().join(", ") || t("scope.everything");
}

/** By what, and which. */
export function ScopeFields({ typed, onTyped }: { typed: TypedScope; onTyped: (typed: TypedScope) => void }) {
  return (
    <div class="bar">
      <Choice<ScopeKind>
        label={t("scope.kind")}
        value={typed.kind}
        options={KINDS.map((each) => [each, t(`scope.${each}`)] as const)}
        onChange={(kind) => onTyped({ ...typed, kind })}
      />
      {typed.kind !== "everything" && (
        <Field
          label={t("scope.values")}
          value={typed.values}
          onInput={(values) => onTyped({ ...typed, values })}
          maxLength={5000}
        />
      )}
    </div>
  );
}
