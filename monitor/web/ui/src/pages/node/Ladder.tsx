import { now } from "../../clock";
import { ago, duration, millis, span } from "../../format";
import { causeText, t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { networkName } from "../../parts/networks";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import { Shape } from "../../signs";
import type { Layer, Layers } from "../../types";
import { isOld } from "./layers";

const EVERY = 5;

interface LadderProps {
  node: string;
  path: string;
}

/** From reachable to served, each layer with its verdict, how long it took, and how old that is. */
export function Ladder({ node, path }: LadderProps) {
  const { data, error } = useRead<Layers>(`${path}/layers`, {}, { every: EVERY, nodes: [node] });
  const isMixed = new Set(data?.layers.map((each) => each.network)).size > 1;
  return (
    <Panel title={t("node.layers")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.layers.length === 0 && <Empty title={t("node.no_layers")}>{t("node.no_layers_how")}</Empty>}
      {data !== null && (
        <ol class="plain ladder">
          {data.layers.map((each) => (
            <Rung
              key={`${each.network}/${each.probe}`}
              layer={each}
              network={isMixed ? networkName(each.network) : ""}
            />
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** Its age goes on by the clock, also while nothing new can be read. */
function Rung({ layer, network }: { layer: Layer; network: string }) {
  const look = layer.ok === null ? "unknown" : layer.ok ? "up" : "down";
  const at = millis(layer.at);
  const isStale = isOld(layer, at === null ? null : (now.value - at) / 1000);
  return (
    <li class={isStale ? "stale" : ""}>
      <Shape look={look} />
      <span>
        <strong class="verbatim">{layer.probe}</strong> <span class="second">{network}</span>
        <br />
        {causeText(layer.cause)}
      </span>
      <span class="right">
        {layer.kind === "source" ? t("node.told") : duration(layer.duration)}
        <br />
        <span class="second">
          {ago(layer.at)}
          {layer.every !== null && ` · ${t("node.every", { span: span(layer.every) })}`}
        </span>
      </span>
    </li>
  );
}
