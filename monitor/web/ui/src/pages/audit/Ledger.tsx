import { fullMoment, number } from "../../format";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import type { Checkpoint, LedgerNow } from "../../types";

const COLUMNS = (): Column<Checkpoint>[] => [
  { key: "link", head: t("audit.link"), cell: (each) => number(each.link), right: true },
  { key: "at", head: t("audit.at"), cell: (each) => fullMoment(each.at) },
  { key: "hash", head: t("audit.head"), cell: (each) => <code>{each.hash}</code>, minor: true },
];

/** Links that have left the ledger for a file of the archive. */
interface Segment {
  number: number;
  first: number;
  last: number;
  until: string;
  file: string;
  sha256: string;
}

const SEGMENTS = (): Column<Segment>[] => [
  { key: "file", head: t("audit.file"), cell: (each) => <code>{each.file}</code> },
  {
    key: "links",
    head: t("audit.link"),
    cell: (each) => `${number(each.first)} – ${number(each.last)}`,
    right: true,
  },
  { key: "until", head: t("audit.until"), cell: (each) => fullMoment(each.until) },
  { key: "sha256", head: "SHA-256", cell: (each) => <code>{each.sha256}</code>, minor: true },
];

/** How far the chain of evidence reaches, and who vouches for it. */
export function LedgerPanel() {
  const { data, error } = useRead<LedgerNow>("/ledger", {}, { every: 30 });
  if (data === null) {
    return error === null ? <Loading /> : <Notice kind="wrong">{problemText(error)}</Notice>;
  }
  return (
    <div class="stack">
      <Panel title={t("audit.ledger")}>
        <div class="stack">
          <dl class="facts">
            <dt>{t("audit.links")}</dt>
            <dd>{number(data.links)}</dd>
            <dt>{t("audit.head")}</dt>
            <dd>
              <code>{data.head}</code>
            </dd>
            <dt>{t("audit.fingerprint")}</dt>
            <dd>
              <code>{data.fingerprint}</code>
            </dd>
            <dt>{t("audit.key")}</dt>
            <dd>
              <code>{data.key}</code>
            </dd>
            <dt>{t("audit.segments")}</dt>
            <dd>{number(data.segments.length)}</dd>
            <dt>{t("audit.gaps")}</dt>
            <dd>{number(data.gaps)}</dd>
            <dt>{t("audit.refusals")}</dt>
            <dd>{number(data.refusals)}</dd>
          </dl>
          <p class="second">{t("audit.how")}</p>
          <pre>quanshi verify --ledger ledger.db --archive archive --key ledger.pub</pre>
        </div>
      </Panel>
      <Panel title={t("audit.checkpoints")}>
        <Table
          caption={t("audit.checkpoints")}
          columns={COLUMNS()}
          rows={data.checkpoints}
          keyOf={(each) => `${each.link}/${each.fingerprint}`}
        />
      </Panel>
      {data.segments.length > 0 && (
        <Panel title={t("audit.segments")}>
          <Table
            caption={t("audit.segments")}
            columns={SEGMENTS()}
            rows={data.segments as unknown as readonly Segment[]}
            keyOf={(each) => `${each.number}`}
          />
        </Panel>
      )}
    </div>
  );
}
