import { useMemo } from "preact/hooks";
import { t } from "../i18n";
import { board, overview } from "../live";
import type { Scope } from "../types";
import { Choice } from "./Field";
import { networkName } from "./networks";
import { nodeName } from "./nodes";
import { useRegions } from "./regions";
import { Several } from "./Several";
import { type ChosenScope, SCOPE_KINDS, type ScopeKind } from "./scope";
import type { Option } from "./several";

/** What is shown of a scope by name; of the others it is told how many they are. */
const MOST_NAMES = 3;

/** A scope in names; the codes by which it was asked for are its title. */
export function ScopeText({ scope }: { scope: Scope | null }) {
  const regions = useRegions();
  if (scope === null) return null;
  const regionName = (code: string): string => regions?.find((each) => each.code === code)?.name ?? code;
  const parts = [
    inShort(scope.nodes.map(nodeName)),
    inShort(scope.regions.map(regionName)),
    inShort(scope.contractors),
    scope.parents.length === 0 ? "" : t("scope.behind", { name: inShort(scope.parents.map(nodeName)) }),
    inShort(scope.networks.map(networkName)),
  ].filter((each) => each !== "");
  const codes = [scope.nodes, scope.regions, scope.contractors, scope.parents, scope.networks].flat();
  return <span title={codes.join("; ")}>{parts.join(" · ") || t("scope.everything")}</span>;
}

function inShort(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(t("scope.or"));
  return names.length > MOST_NAMES ? t("scope.and_more", { names: shown, n: names.length }) : shown;
}

interface ScopeFieldsProps {
  chosen: ChosenScope;
  onChosen: (chosen: ChosenScope) => void;
}

/** By what, and which. */
export function ScopeFields({ chosen: { kind, values }, onChosen }: ScopeFieldsProps) {
  const options = useOptions(kind);
  return (
    <>
      <Choice<ScopeKind>
        label={t("scope.kind")}
        value={kind}
        options={SCOPE_KINDS.map((each) => [each, t(`scope.${each}`)] as const)}
        onChange={(next) => onChosen({ kind: next, values: [] })}
      />
      {kind !== "everything" && (
        <Several
          key={kind}
          label={t("scope.values")}
          values={values}
          onValues={(next) => onChosen({ kind, values: next })}
          options={options}
        />
      )}
    </>
  );
}

/** What a scope can name. */
export function useOptions(kind: ScopeKind): readonly Option[] {
  const regions = useRegions();
  const networks = overview.value?.networks;
  const cells = board.value;
  return useMemo(() => {
    switch (kind) {
      case "regions":
        return (regions ?? []).map((each): Option => [each.code, each.name]);
      case "networks":
        return (networks ?? []).map((each): Option => [each.id, each.name]);
      case "contractors":
        return (cells?.contractors ?? []).flatMap((each): Option[] => (each === "" ? [] : [[each, each]]));
      case "nodes":
      case "parents":
        return nodes(kind === "parents");
      case "everything":
        return [];
    }
  }, [kind, regions, networks?.length, cells]);
}

/** Each node of the board once; behind a camera hangs nothing. */
function nodes(onlyParents: boolean): Option[] {
  const cells = board.value;
  if (cells === null) return [];
  const found = new Map<string, string>();
  for (let row = 0; row < cells.size; row += 1) {
    if (onlyParents && cells.kinds[cells.kind[row]] === "camera") continue;
    found.set(cells.id[row], cells.name[row] || cells.id[row]);
  }
  return [...found];
}
