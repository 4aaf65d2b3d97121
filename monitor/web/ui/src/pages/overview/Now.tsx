/** What is happening: open outages by how much they take, collectors that do not see, and the last changes. */

import { age, clock, number } from "../../format";
import { causeText, t } from "../../i18n";
import { collectorText } from "../../parts/collectors";
import { networkName } from "../../parts/networks";
import { Panel } from "../../parts/Panel";
import { to } from "../../router";
import { lookOf, lookText, Shape } from "../../signs";
import type { Changed, Collector, OutageNow, Overview } from "../../types";

/** More outages than these nobody takes in on a wall; the rest is one link away. */
const SHOWN = 30;

export function Now({ overview }: { overview: Overview }) {
  const open = overview.outages.filter((outage) => outage.phase !== "closed");
  const blind = overview.collectors.filter((each) => each.footing !== "sees");
  // A blind collector has an outage of its own, unless it only just fell silent: told once.
  const told = new Set(open.filter((each) => each.kind === "observer").map((each) => each.root));
  const silent = blind.filter((each) => !told.has(each.name));
  const sorted = [...open].sort((a, b) => b.affected - a.affected || a.since.localeCompare(b.since));
  return (
    <Panel
      class="now"
      title={t("overview.now")}
      aside={<a href={to("outages")}>{t("overview.all_outages", { count: number(open.length) })}</a>}
    >
      {open.length + silent.length === 0 ? (
        <p class="calm">
          <Shape look="up" /> {t("overview.calm")}
        </p>
      ) : (
        <ol class="happening">
          {silent.map((each) => (
            <Blind key={each.name} collector={each} network={networkName(each.network)} />
          ))}
          {sorted.slice(0, SHOWN).map((each) => (
            <Happening key={each.id} outage={each} network={networkName(each.network)} />
          ))}
        </ol>
      )}
    </Panel>
  );
}

function Blind({ collector, network }: { collector: Collector; network: string }) {
  return (
    <li>
      <a href={to("about")}>
        <Shape look="unknown" />
        <span>
          <strong>
            {t(`overview.footing_${collector.footing}`, { name: collectorText(collector.name) })}
          </strong>
          <small>{network}</small>
        </span>
      </a>
    </li>
  );
}

function Happening({ outage, network }: { outage: OutageNow; network: string }) {
  const look = outage.kind === "observer" ? "unknown" : lookOf("down", false, outage.excluded !== "");
  const facts = [
    outage.affected > 1
      ? t("overview.affected", { count: number(outage.affected) })
      : causeText(outage.cause),
    age(outage.since),
    outage.contractor,
    network,
  ];
  return (
    <li>
      <a href={to("outage", outage.id)}>
        <Shape look={look} title={lookText(look)} />
        <span>
          <strong>{titleOf(outage)}</strong>
          <small>{facts.filter(Boolean).join(" · ")}</small>
          {outage.acked_by !== null && <small>{t("overview.acked", { who: outage.acked_by })}</small>}
        </span>
        {outage.affected > 1 && <b class="impact">{number(outage.affected)}</b>}
      </a>
    </li>
  );
}

function titleOf(outage: OutageNow): string {
  const name = outage.name || outage.root;
  if (outage.kind === "observer") return t("overview.observer", { name: collectorText(outage.root) });
  const told = outage.kind === "suspected" ? t("overview.suspected", { name }) : name;
  return outage.region_name && !name.includes(outage.region_name) ? `${told} · ${outage.region_name}` : told;
}

const CHANGES = 30;

export function Changes({ changes }: { changes: readonly Changed[] }) {
  return (
    <Panel class="changes" title={t("overview.changes")}>
      {changes.length === 0 ? (
        <p class="calm">{t("overview.no_changes")}</p>
      ) : (
        <ol class="rolling">
          {changes.slice(0, CHANGES).map((each) => (
            <li key={`${each.time} ${each.network} ${each.node} ${each.new}`}>
              <time dateTime={each.time}>{clock(each.time)}</time>
              <Shape look={each.new} title={lookText(each.new)} />
              <a href={to("node", each.node)}>{each.name || each.node}</a>
              <span>{each.new === "up" ? lookText("up") : causeText(each.cause)}</span>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
