import { exactSpan, fullMoment, NOTHING, number, percent } from "../../format";
import { t, word } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { type Look, Shape } from "../../signs";
import type { About, PartHealth } from "../../types";

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
      <Panel title={t("about.software")}>
        <Facts facts={data.software} />
        <p class="second">{t("about.privacy")}</p>
      </Panel>
    </div>
  );
}

function Standing({ about, isStale }: { about: About; isStale: boolean }) {
  const { counts: _, links, head } = about.ledger as { counts?: unknown; links?: number; head?: string };
  return (
    <Panel title={`Quanshi 全时 ${about.version}`} stale={isStale}>
      <dl class="facts">
        <dt>{t("about.site")}</dt>
        <dd>{about.site}</dd>
        <dt>{t("about.zone")}</dt>
        <dd>{about.timezone}</dd>
        <dt>{t("about.state")}</dt>
        <dd>{about.ready ? t("about.ready") : `${t("about.not_ready")}: ${about.reasons.join(" · ")}`}</dd>
        <dt>{t("about.started")}</dt>
        <dd>{fullMoment(about.started_at)}</dd>
        <dt>{t("about.uptime")}</dt>
        <dd>{exactSpan(about.uptime)}</dd>
        <dt>{t("about.targets")}</dt>
        <dd>
          {Object.entries(about.targets)
            .map(
              ([name, share]) =>
                `${t("common.class_n", { n: name.replace("class", "") })} ${percent(share, 0)}`,
            )
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
    { key: "name", head: t("about.part"), cell: (each) => each.name, by: (each) => each.name },
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

function Facts({ facts }: { facts: Record<string, string> }) {
  return (
    <dl class="facts">
      {Object.entries(facts).map(([name, value]) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name}-value`}>{value}</dd>,
      ])}
    </dl>
  );
}
