import { clock, fullMoment } from "../../format";
import { causeText, t } from "../../i18n";
import { type Column, Table } from "../../parts/Table";
import { may } from "../../session";
import { Sign, stateText } from "../../signs";
import type { TimelineChange } from "../../types";

interface ChangesProps {
  changes: readonly TimelineChange[];
  onChoose: (change: TimelineChange) => void;
}

/** Every change with what it rests on; a click or Enter looks at it closely above. */
export function Changes({ changes, onChoose }: ChangesProps) {
  const columns: Column<TimelineChange>[] = [
    { key: "at", head: t("common.time"), cell: momentOf, by: (each) => each.at },
    {
      key: "new",
      head: t("common.state"),
      cell: (each) => (
        <>
          <span class="second">{stateText(each.old)} → </span>
          <Sign state={each.new} upstream={each.attribution === "upstream"} />
        </>
      ),
    },
    { key: "cause", head: t("common.cause"), cell: (each) => causeText(each.cause), minor: true },
    {
      key: "detected",
      head: t("node.detected"),
      cell: (each) => clock(each.detected_at),
      by: (each) => each.detected_at,
      minor: true,
    },
    { key: "evidence", head: t("node.evidence"), cell: evidenceOf },
  ];
  return (
    <Table
      caption={t("node.changes")}
      columns={columns}
      rows={changes}
      keyOf={(each) => `${each.at} ${each.new} ${each.detected_at}`}
      first="-at"
      onOpen={onChoose}
    />
  );
}

function momentOf(each: TimelineChange) {
  if (each.not_before === null) return <span title={fullMoment(each.at)}>{clock(each.at)}</span>;
  const edge = t("node.edge", { from: fullMoment(each.not_before), to: fullMoment(each.at) });
  return (
    <span title={edge}>
      <span class="second">{clock(each.not_before)} … </span>
      {clock(each.at)}
    </span>
  );
}

function evidenceOf(each: TimelineChange) {
  if (each.evidence.length === 0) {
    return <span class="second">{t(may("detail") ? "node.no_evidence" : "node.evidence_hidden")}</span>;
  }
  return (
    <ul class="plain">
      {each.evidence.map((piece) => (
        <li key={JSON.stringify(piece)}>
          <code>{String(piece.probe)}</code> {clock(String(piece.at))} {causeText(String(piece.cause))}
        </li>
      ))}
    </ul>
  );
}
