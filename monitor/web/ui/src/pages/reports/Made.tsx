import { download } from "../../api";
import { bytes, fullMoment, NOTHING } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import type { Reading } from "../../parts/read";
import { useRegions } from "../../parts/regions";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { may } from "../../session";
import type { Region, ReportFile, ReportList, ReportMade } from "../../types";
import { fileText, periodOf, scopeText } from "./papers";

const columnsOf = (regions: readonly Region[]): Column<ReportMade>[] => [
  {
    key: "period",
    head: t("reports.period"),
    main: true,
    cell: (each) => periodOf(each),
    by: (each) => periodOf(each),
  },
  {
    key: "by",
    head: t("reports.by"),
    cell: (each) => word("by", String(each.question.by ?? "")),
    minor: true,
  },
  { key: "scope", head: t("reports.scope"), cell: (each) => scopeText(each, regions), minor: true },
  { key: "revision", head: t("reports.revision_head"), cell: (each) => each.revision, right: true },
  {
    key: "made",
    head: t("reports.made_at"),
    cell: (each) => fullMoment(each.made_at),
    by: (each) => each.made_at,
  },
  {
    key: "digest",
    head: t("reports.digest"),
    cell: (each) => <code title={each.digest}>{each.digest.slice(0, 12)}</code>,
    minor: true,
  },
  { key: "files", head: t("reports.files"), cell: (each) => <FileLinks files={each.files} /> },
];

/** The reports that the ledger knows. */
export function Made({ list }: { list: Reading<ReportList> }) {
  const { data, error } = list;
  const regions = useRegions() ?? [];
  return (
    <Panel title={t("reports.list")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.reports.length === 0 && <Empty title={t("reports.empty")}>{t("reports.empty_how")}</Empty>}
      {data !== null && data.reports.length > 0 && (
        <Table
          caption={t("reports.list")}
          columns={columnsOf(regions)}
          rows={data.reports}
          keyOf={(each) => `${each.key}/${each.revision}`}
        />
      )}
    </Panel>
  );
}

/** Files to be taken away, by those who may. */
export function FileLinks({ files }: { files: readonly ReportFile[] }) {
  if (files.length === 0) return <>{NOTHING}</>;
  if (!may("report")) return <>{files.map(fileText).join(" · ")}</>;
  return (
    <span class="files">
      {files.map((file) => (
        <Button
          key={file.name}
          kind="quiet"
          title={`${file.name} · ${bytes(file.bytes)}`}
          onClick={() => download(file.url)}
        >
          {fileText(file)}
        </Button>
      ))}
    </span>
  );
}
