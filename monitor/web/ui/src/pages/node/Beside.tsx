import { number } from "../../format";
import { t } from "../../i18n";
import { networkName } from "../../parts/networks";
import { Panel } from "../../parts/Panel";
import { to } from "../../router";
import { lookOf, lookText, Shape } from "../../signs";
import type { Neighbour, NodeDetail } from "../../types";

/** What is above it, where to see what is behind it, and what hangs beside it. */
export function Beside({ node }: { node: NodeDetail }) {
  return (
    <>
      {node.parents.length > 0 && (
        <Panel title={t("node.parents")}>
          <List nodes={node.parents} />
        </Panel>
      )}
      {node.kind !== "camera" && (
        <Panel title={t("node.behind")}>
          <a href={to("nodes", "", { parent: node.node })}>{t("node.behind_list")}</a>
        </Panel>
      )}
      <Panel title={t("node.neighbours", { n: number(node.neighbours.length) })}>
        {node.neighbours.length === 0 ? (
          <p class="second">{t("node.no_neighbours")}</p>
        ) : (
          <List nodes={node.neighbours} />
        )}
      </Panel>
    </>
  );
}

function List({ nodes }: { nodes: readonly Neighbour[] }) {
  return (
    <ul class="plain beside">
      {nodes.map((each) => {
        const look = lookOf(each.state, each.upstream);
        return (
          <li key={`${each.network}/${each.node}`}>
            <Shape look={look} title={lookText(look)} /> <a href={to("node", each.node)}>{each.name}</a>{" "}
            <span class="second">{networkName(each.network)}</span>
          </li>
        );
      })}
    </ul>
  );
}
