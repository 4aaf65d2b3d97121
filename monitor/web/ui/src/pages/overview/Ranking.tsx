/** Counties by the intact rate of the month. */

import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { Ranks } from "../../parts/Ranks";
import type { Rank } from "../../parts/ranks";
import { to } from "../../router";

export function Ranking({ ranks }: { ranks: readonly Rank[] }) {
  return (
    <Panel
      class="ranking"
      title={t("overview.ranking")}
      aside={<a href={to("reports")}>{t("overview.reports")}</a>}
    >
      {ranks.length === 0 ? (
        <Empty title={t("overview.no_ranking")}>{t("overview.no_ranking_how")}</Empty>
      ) : (
        <div class="drawing">
          <Ranks
            ranks={ranks}
            label={t("overview.ranking")}
            linkOf={(rank) => to("nodes", "", { region: rank.code })}
          />
        </div>
      )}
    </Panel>
  );
}
