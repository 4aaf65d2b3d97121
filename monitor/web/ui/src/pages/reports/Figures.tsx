import { useMemo } from "preact/hooks";
import { goalText, number, percent } from "../../format";
import { t, word } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { Ranks } from "../../parts/Ranks";
import type { Rank } from "../../parts/ranks";
import { type Column, Table } from "../../parts/Table";
import { type Look, Shape } from "../../signs";
import type { Preview, PreviewRow } from "../../types";

type Word = NonNullable<PreviewRow["verdict"]> | "no_statement";

const LOOKS: Record<Word, Look> = {
  met: "up",
  missed: "down",
  not_provable: "unknown",
  no_statement: "unknown",
};

const wordOf = (row: PreviewRow): Word => row.verdict ?? "no_statement";

const boundsOf = (row: PreviewRow): string => `${percent(row.low)} – ${percent(row.high)}`;
const hoursOf = (row: PreviewRow): string => t("reports.hours", { n: number(row.down_hours, 2) });

const COLUMNS = (): Column<PreviewRow>[] => [
  { key: "name", head: t("reports.group"), cell: (each) => each.name, by: (each) => each.name },
  {
    key: "verdict",
    head: t("reports.verdict"),
    cell: (each) => (
      <span class={`sign ${LOOKS[wordOf(each)]}`}>
        <Shape look={LOOKS[wordOf(each)]} /> {word("verdict", wordOf(each))}
      </span>
    ),
    by: wordOf,
  },
  {
    key: "intact",
    head: t("common.intact"),
    cell: (each) => percent(each.intact),
    by: (each) => each.intact,
    right: true,
  },
  {
    key: "bounds",
    head: t("reports.bounds"),
    cell: boundsOf,
    by: (each) => each.low,
    right: true,
  },
  { key: "online", head: t("common.online"), cell: (each) => percent(each.online), right: true, minor: true },
  {
    key: "observed",
    head: t("common.observed"),
    cell: (each) => percent(each.observed),
    by: (each) => each.observed,
    right: true,
    minor: true,
  },
  {
    key: "target",
    head: t("common.target"),
    cell: (each) => goalText(each.target),
    by: (each) => each.target,
    right: true,
    minor: true,
  },
  {
    key: "watches",
    head: t("common.watches"),
    cell: (each) => number(each.watches),
    by: (each) => each.watches,
    right: true,
    minor: true,
  },
  {
    key: "outages",
    head: t("reports.outages"),
    cell: (each) => number(each.outages),
    by: (each) => each.outages,
    right: true,
    minor: true,
  },
  {
    key: "down",
    head: t("reports.down_hours"),
    cell: hoursOf,
    by: (each) => each.down_hours,
    right: true,
    minor: true,
  },
];

/** As many groups the API tells of. */
const MOST_ROWS = 500;

const MOST_BARS = 40;
const ROW = 32;

/** The verdict in one sentence, then the figures of all, then the table. */
export function Figures({ preview }: { preview: Preview }) {
  return (
    <div class="stack">
      <p class={`verdict ${wordOf(preview.total)}`} role="status">
        {preview.sentence}
      </p>
      <p class="second">{preview.title}</p>
      <Total total={preview.total} />
      <Ranking rows={preview.rows} />
      <Table
        caption={preview.title}
        columns={COLUMNS()}
        rows={preview.rows}
        keyOf={(each) => each.key}
        first="intact"
      />
      {preview.rows.length >= MOST_ROWS && <Notice>{t("reports.more", { n: MOST_ROWS })}</Notice>}
    </div>
  );
}

/** The groups as bars, the worst first; one alone ranks nowhere, and who are many are read in the table. */
function Ranking({ rows }: { rows: readonly PreviewRow[] }) {
  const ranks = useMemo(() => rows.flatMap(rankOf).sort((a, b) => a.intact - b.intact), [rows]);
  if (ranks.length < 2 || ranks.length > MOST_BARS) return null;
  return <Ranks ranks={ranks} label={t("reports.ranking")} row={ROW} />;
}

function rankOf(row: PreviewRow): Rank[] {
  if (row.intact === null) return [];
  const verdict = row.verdict === "not_provable" ? "unproven" : row.verdict;
  return [{ ...row, code: row.key, intact: row.intact, verdict }];
}

function Total({ total }: { total: PreviewRow }) {
  const facts = [
    [t("common.intact"), percent(total.intact)],
    [t("reports.bounds"), boundsOf(total)],
    [t("common.online"), percent(total.online)],
    [t("common.observed"), percent(total.observed)],
    [t("common.watches"), number(total.watches)],
    [t("reports.outages"), number(total.outages)],
    [t("reports.down_hours"), hoursOf(total)],
  ];
  return (
    <dl class="total">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
