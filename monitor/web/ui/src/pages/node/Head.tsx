import { age, fullMoment, NOTHING } from "../../format";
import { classText, kindText, t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { networkName } from "../../parts/networks";
import { Panel } from "../../parts/Panel";
import { go, to } from "../../router";
import { may } from "../../session";
import { Sign } from "../../signs";
import type { NodeDetail, WatchNow } from "../../types";
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
            {node.point_class !== null && ` · ${classText(node.point_class)}`} · {placeOf(node)}
            {node.contractor && ` · ${node.contractor}`}
            {node.contractor_phone && (
              <>
                {" "}
                <a href={`tel:${node.contractor_phone}`}>{node.contractor_phone}</a>
              </>
            )}
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
        {node.watches.length === 0 && <li class="second">{t("node.not_watched")}</li>}
        {node.watches.map((watch) => (
          <Standing key={watch.network} watch={watch} />
        ))}
      </ul>
      <Facts node={node} />
    </Panel>
  );
}

/** How it stands in one network, since when, and for which outage. */
function Standing({ watch }: { watch: WatchNow }) {
  return (
    <li>
      <span class="second">{networkName(watch.network)}</span>{" "}
      <Sign state={watch.state} upstream={watch.upstream} excluded={watch.excluded} cause={watch.cause} />{" "}
      {watch.since !== null && (
        <span>{t("node.since", { at: fullMoment(watch.since), age: age(watch.since) })}</span>
      )}
      {watch.outage !== null && (
        <>
          {" "}
          <a href={to("outage", watch.outage)}>{t("node.outage", { id: watch.outage })}</a>
        </>
      )}
      {watch.address !== null && <code> {watch.address}</code>}
    </li>
  );
}

/** What does not change from day to day. */
function Facts({ node }: { node: NodeDetail }) {
  return (
    <dl class="facts">
      <dt>ID</dt>
      <dd>
        <code>{node.node}</code>
      </dd>
      {node.gb_code !== null && (
        <>
          <dt>{t("node.code")}</dt>
          <dd>{codeText(node.gb_code)}</dd>
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
  );
}

/** The parts of a 20-digit code, in the order in which they stand in it. */
function codeText(code: Record<string, unknown>): string {
  return t("node.code_parts", {
    region: String(code.region),
    unit: String(code.unit),
    industry: String(code.industry).padStart(2, "0"),
    type: `${code.type} ${word("gb_type", String(code.type_name))}`,
    network: `${code.network} ${word("gb_network", String(code.network_name))}`,
    serial: String(code.serial).padStart(6, "0"),
  });
}

function placeOf(node: NodeDetail): string {
  return [...node.region_path]
    .reverse()
    .map((region) => region.name)
    .join(" / ");
}
