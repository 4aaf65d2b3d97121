import { ago, fullMoment, NOTHING } from "../../format";
import { kindText, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Panel } from "../../parts/Panel";
import { go, to } from "../../router";
import { may } from "../../session";
import { Sign } from "../../signs";
import type { NodeDetail } from "../../types";
import { ProbeNow } from "./ProbeNow";

/** Who it is, where it is, whose it is, and how it stands in each network. */
export function Head({ node, path, isStale }: { node: NodeDetail; path: string; isStale: boolean }) {
  return (
    <Panel class="node-head" stale={isStale}>
      <div class="page-head">
        <div>
          <h1>{node.name}</h1>
          <p class="second">
            {kindText(node.kind)}
            {node.point_class !== null && ` · ${t("common.class_n", { n: node.point_class })}`} ·{" "}
            {placeOf(node)}
            {node.contractor && ` · ${node.contractor}`}
            {node.contractor_phone && ` ${node.contractor_phone}`}
          </p>
        </div>
        {may("operate") && (
          <div class="bar">
            <ProbeNow node={node} path={path} />
            <Button onClick={() => go(to("maintenance", "", { node: node.node }))}>
              {t("node.maintain")}
            </Button>
          </div>
        )}
      </div>
      <ul class="plain node-watches">
        {node.watches.map((watch) => (
          <li key={watch.network}>
            <span class="second">{watch.network}</span>{" "}
            <Sign
              state={watch.state}
              upstream={watch.upstream}
              excluded={watch.excluded}
              cause={watch.cause}
            />{" "}
            <span title={fullMoment(watch.since)}>{ago(watch.since)}</span>
            {watch.outage !== null && (
              <>
                {" "}
                <a href={to("outage", watch.outage)}>#{watch.outage}</a>
              </>
            )}
            {watch.address !== null && <code> {watch.address}</code>}
          </li>
        ))}
      </ul>
      <dl class="facts">
        <dt>ID</dt>
        <dd>
          <code>{node.node}</code>
        </dd>
        {node.gb_code !== null && (
          <>
            <dt>{t("node.code")}</dt>
            <dd>
              {String(node.gb_code.region)} · {String(node.gb_code.type_name)} ·{" "}
              {String(node.gb_code.network_name)}
            </dd>
          </>
        )}
        {node.lon !== null && node.lat !== null && (
          <>
            <dt>{t("node.position")}</dt>
            <dd>
              {node.lon}, {node.lat}
            </dd>
          </>
        )}
        {(node.commissioned !== null || node.retired !== null) && (
          <>
            <dt>{t("node.service")}</dt>
            <dd>
              {node.commissioned ?? NOTHING} – {node.retired ?? ""}
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function placeOf(node: NodeDetail): string {
  return [...node.region_path]
    .reverse()
    .map((region) => region.name)
    .join(" / ");
}
