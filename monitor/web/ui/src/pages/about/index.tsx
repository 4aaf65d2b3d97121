import { exactSpan, fullMoment, goalText, NOTHING, number } from "../../format";
import { classText, t, word } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { type Look, Shape } from "../../signs";
import type { About, PartHealth } from "../../types";
import { partText } from "./parts";

const EVERY = 10;

/** Which software this is, and how its own parts are. */
export default function AboutPage() {
  const { data, error, isStale } = useRead<About>("/about", {}, { every: EVERY });
  if (data === null) {
    return error === null ? <Loading /> : <Notice kind="wrong">{problemText(error)}</Notice>;
  }
  return (
    <div class="stack narrow">
      <h1 class="unseen">{t("about.title")}</h1>
      <Standing about={data} isStale={isStale} />
      <Panel title={t("about.parts")} stale={isStale}>
        <Parts parts={data.parts} />
      </Panel>
      <Ledger counts={data.ledger.counts} />
      <Panel title={t("about.software")}>
        <div class="stack">
          <Facts facts={data.software} />
          <p class="second">{t("about.privacy")}</p>
        </div>
      </Panel>
    </div>
  );
}

function Standing({ about, isStale }: { about: About; isStale: boolean }) {
  const { links, head } = about.ledger as { links?: number; head?: string };
  const ready: Look = about.ready ? "up" : "degraded";
  return (
    <Panel title={`Quanshi 全时 ${about.version}`} stale={isStale}>
      <dl class="facts">
        <dt>{t("about.site")}</dt>
        <dd>
          <span class="verbatim">{about.site}</span>
        </dd>
        <dt>{t("about.zone")}</dt>
        <dd>{about.timezone}</dd>
        <dt>{t("about.state")}</dt>
        <dd>
          <span class={`sign ${ready}`}>
            <Shape look={ready} /> {t(about.ready ? "about.ready" : "about.not_ready")}
          </span>
          {about.reasons.length > 0 && (
            <ul class="plain">
              {about.reasons.map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
          )}
        </dd>
        <dt>{t("about.started")}</dt>
        <dd>{fullMoment(about.started_at)}</dd>
        <dt>{t("about.uptime")}</dt>
        <dd>{exactSpan(about.uptime)}</dd>
        <dt>{t("about.targets")}</dt>
        <dd>
          {Object.entries(about.targets)
            .map(([name, share]) => `${classText(name)} ${goalText(share)}`)
            .join(" · ") || NOTHING}
        </dd>
        <dt>{t("about.ledger")}</dt>
        <dd>
          {t("about.links")} {number(links)}
          <br />
          <code>{head}</code>
        </dd>
      </dl>
    </Panel>
  );
}

const LOOKS: Record<PartHealth["state"], Look> = {
  well: "up",
  slow: "degraded",
  wrong: "down",
  absent: "unknown",
};

function Parts({ parts }: { parts: readonly PartHealth[] }) {
  const columns: Column<PartHealth>[] = [
    { key: "name", head: t("about.part"), cell: (each) => partText(each.name), by: (each) => each.name },
    {
      key: "state",
      head: t("about.state"),
      cell: (each) => (
        <span class={`sign ${LOOKS[each.state]}`}>
          <Shape look={LOOKS[each.state]} /> {word("part", each.state)}
        </span>
      ),
      by: (each) => each.state,
    },
    { key: "text", head: t("common.note"), cell: (each) => each.text, minor: true },
    {
      key: "value",
      head: t("about.value"),
      cell: (each) =>
        each.value === null
          ? NOTHING
          : `${number(each.value, Number.isInteger(each.value) ? 0 : 1)} ${each.unit}`.trim(),
      right: true,
    },
  ];
  return <Table caption={t("about.parts")} columns={columns} rows={parts} keyOf={(each) => each.name} />;
}

/** How much of each kind was ever recorded. */
function Ledger({ counts }: { counts: unknown }) {
  const rows = Object.entries((counts ?? {}) as Record<string, number>);
  if (rows.length === 0) return null;
  return (
    <Panel title={t("about.counts")}>
      <dl class="facts">
        {rows.map(([name, count]) => [
          <dt key={name}>{word("count", name)}</dt>,
          <dd key={`${name}-value`}>{number(count)}</dd>,
        ])}
      </dl>
    </Panel>
  );
}

function Facts({ facts }: { facts: Record<string, string> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => [
        <dt key={name}>
          <span class="verbatim">{name}</span>
        </dt>,
        <dd key={`${name}-value`}>{value}</dd>,
      ])}
    </dl>
  );
}
