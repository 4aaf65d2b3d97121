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
import type { Layer, LayerName, Layers, NodeDetail } from "../../types";
import { isOld, stepsOf } from "./layers";

const EVERY = 5;

interface LadderProps {
  node: NodeDetail;
  path: string;
}

/** From reachable to listed, each layer with its verdict, how long it took, and how old that is. */
export function Ladder({ node, path }: LadderProps) {
  const { data, error } = useRead<Layers>(`${path}/layers`, {}, { every: EVERY, nodes: [node.node] });
  const networks = [...new Set(data?.layers.map((each) => each.network))];
  return (
    <Panel title={t("node.layers")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.layers.length === 0 && <Empty title={t("node.no_layers")}>{t("node.no_layers_how")}</Empty>}
      {networks.map((network) => (
        <section key={network}>
          {networks.length > 1 && <h3>{networkName(network)}</h3>}
          <ol class="plain ladder">
            {stepsOf(
              data?.layers.filter((each) => each.network === network) ?? [],
              node.kind === "camera",
            ).map(({ layer, known }) =>
              known === null ? (
                <Missing key={layer} layer={layer} />
              ) : (
                <Rung key={known.probe} layer={known} />
              ),
            )}
          </ol>
        </section>
      ))}
    </Panel>
  );
}

/** Nobody asks this: grey, and no sign of a state. */
function Missing({ layer }: { layer: LayerName }) {
  return (
    <li class="second">
      <span aria-hidden="true">–</span>
      <span>{t(`layer.${layer}`)}</span>
      <span class="right">{t("node.not_set_up")}</span>
    </li>
  );
}

/** Its age goes on by the clock, also while nothing new can be read. */
function Rung({ layer }: { layer: Layer }) {
  const at = millis(layer.at);
  const isStale = isOld(layer, at === null ? null : (now.value - at) / 1000);
  return (
    <li class={isStale ? "stale" : ""}>
      <Shape look={layer.state} title={t(`state.${layer.state}`)} />
      <span>
        <strong>{t(`layer.${layer.layer}`)}</strong> <small class="second verbatim">{layer.probe}</small>
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
