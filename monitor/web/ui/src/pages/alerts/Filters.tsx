import { t, word } from "../../i18n";
import { overview } from "../../live";
import { Choice } from "../../parts/Field";
import type { Asked } from "./query";

const SEVERITIES = ["critical", "warning", "info"] as const;

interface FilterProps {
  asked: Asked;
  /** Rules by which alerts can have been found. */
  rules: readonly string[];
  onAsk: (part: Asked) => void;
}

export function Filters({ asked, rules, onAsk }: FilterProps) {
  const networks = overview.value?.networks ?? [];
  const listed = asked.rule === undefined ? rules : [...new Set([...rules, asked.rule])];
  return (
    <div class="bar filters">
      <Choice
        label={t("alerts.severity")}
        value={asked.severity ?? ""}
        options={[
          ["", t("common.all")],
          ...SEVERITIES.map((each) => [each as string, word("severity", each)] as const),
        ]}
        onChange={(severity) => onAsk({ severity })}
      />
      <Choice
        label={t("alerts.rule")}
        value={asked.rule ?? ""}
        options={[["", t("common.all")], ...listed.map((each) => [each, word("rule", each)] as const)]}
        onChange={(rule) => onAsk({ rule })}
      />
      <Choice
        label={t("common.network")}
        value={asked.network ?? ""}
        options={[["", t("common.all")], ...networks.map((each) => [each.id, each.name] as const)]}
        onChange={(network) => onAsk({ network })}
      />
    </div>
  );
}
