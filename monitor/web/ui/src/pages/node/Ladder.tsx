import { duration, span } from "../../format";
import { causeText, t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import { Shape } from "../../signs";
import type { Layer, Layers } from "../../types";

const EVERY = 5;

/** From reachable to served, each layer with its verdict, how long it took, and how old that is. */
export function Ladder({ path }: { path: string }) {
  const { data, error } = useRead<Layers>(`${path}/layers`, {}, { every: EVERY });
  return (
    <Panel title={t("node.layers")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.layers.length === 0 && <Empty title={t("node.no_layers")}>{t("node.no_layers_how")}</Empty>}
      {data !== null && (
        <ol class="plain ladder">
          {data.layers.map((each) => (
            <Rung key={`${each.network}/${each.probe}`} layer={each} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

/** Older than twice its interval: nobody knows whether it still holds. */
export function isOld(layer: Layer): boolean {
  return layer.age !== null && layer.every !== null && layer.age > 2 * layer.every;
}

function Rung({ layer }: { layer: Layer }) {
  const look = layer.ok === null ? "unknown" : layer.ok ? "up" : "down";
  return (
    <li class={isOld(layer) ? "stale" : ""}>
      <Shape look={look} />
      <span>
        <strong>{layer.probe}</strong> <span class="second">{layer.network}</span>
        <br />
        {causeText(layer.cause)}
      </span>
      <span class="right">
        {duration(layer.duration)}
        <br />
        <span class="second">
          {span(layer.age)} ·{" "}
          {layer.every === null ? t("node.told") : t("node.every", { span: span(layer.every) })}
        </span>
      </span>
    </li>
  );
}
