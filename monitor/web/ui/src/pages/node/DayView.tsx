import { clock, fromSite, fullMoment } from "../../format";
import { causeText, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { lookOf, lookText, Sign, stateText } from "../../signs";
import type { Timeline, TimelineChange, TimelineSpan } from "../../types";

interface DayProps {
  path: string;
  network: string;
  day: string;
  onDay: (day: string) => void;
}

/** The day before or after, by the calendar. */
export function dayBeside(day: string, step: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + step);
  return at.toISOString().slice(0, 10);
}

/** One day to the second, with every change and what it rests on. */
export function DayView({ path, network, day, onDay }: DayProps) {
  const since = fromSite(`${day}T00:00`);
  const until = fromSite(`${dayBeside(day, 1)}T00:00`);
  const { data, error } = useRead<Timeline>(
    since === null || until === null ? null : `${path}/timeline`,
    { since, until, network },
    { every: 15, on: ["board"] },
  );
  return (
    <Panel
      title={t("node.timeline", { day })}
      aside={
        <>
          <Button kind="quiet" label={t("node.previous_day")} onClick={() => onDay(dayBeside(day, -1))}>
            ‹
          </Button>
          <Button kind="quiet" label={t("node.next_day")} onClick={() => onDay(dayBeside(day, 1))}>
            ›
          </Button>
        </>
      }
    >
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && since !== null && until !== null && (
        <>
          <Band timeline={data} since={Date.parse(since)} until={Date.parse(until)} />
          <h3>{t("node.evidence")}</h3>
          {data.changes.length === 0 ? (
            <p class="second">{t("node.no_changes")}</p>
          ) : (
            <Changes changes={data.changes} />
          )}
        </>
      )}
    </Panel>
  );
}

const WIDE = 1440;
const TALL = 40;
const HOURS = [0, 6, 12, 18, 24];

/** The stretches of the day; an edge that is not known exactly is drawn as the interval in which it lies. */
function Band({ timeline, since, until }: { timeline: Timeline; since: number; until: number }) {
  const place = (at: string): number => ((Date.parse(at) - since) / (until - since)) * WIDE;
  return (
    <figure class="band">
      <svg
        viewBox={`0 0 ${WIDE} ${TALL}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={bandText(timeline)}
      >
        {timeline.spans.map((each) => (
          <rect
            key={each.start}
            class={`part ${lookOfSpan(each)}`}
            x={place(each.start)}
            y={0}
            width={Math.max(1, place(each.end) - place(each.start))}
            height={TALL}
          >
            <title>{`${clock(each.start)} – ${clock(each.end)} ${lookText(lookOfSpan(each))}`}</title>
          </rect>
        ))}
        {timeline.changes.map(
          (each) =>
            each.not_before !== null && (
              <rect
                key={`${each.at}${each.new}`}
                class="doubt"
                x={place(each.not_before)}
                y={0}
                width={Math.max(1, place(each.at) - place(each.not_before))}
                height={TALL}
              />
            ),
        )}
      </svg>
      <figcaption aria-hidden="true">
        {HOURS.map((hour) => (
          <span key={hour}>{String(hour).padStart(2, "0")}:00</span>
        ))}
      </figcaption>
    </figure>
  );
}

function lookOfSpan(each: TimelineSpan) {
  return lookOf(each.state, each.attribution === "upstream", each.excluded);
}

function bandText(timeline: Timeline): string {
  return timeline.spans
    .map((each) => `${clock(each.start)} – ${clock(each.end)} ${lookText(lookOfSpan(each))}`)
    .join("; ");
}

function Changes({ changes }: { changes: readonly TimelineChange[] }) {
  const columns: Column<TimelineChange>[] = [
    {
      key: "at",
      head: t("common.time"),
      cell: (each) => (
        <span
          title={
            each.not_before === null
              ? fullMoment(each.at)
              : t("node.edge", { from: fullMoment(each.not_before), to: fullMoment(each.at) })
          }
        >
          {each.not_before !== null && <span class="second">{clock(each.not_before)} … </span>}
          {clock(each.at)}
        </span>
      ),
      by: (each) => each.at,
    },
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
    { key: "cause", head: t("common.cause"), cell: (each) => causeText(each.cause) },
    {
      key: "evidence",
      head: t("node.evidence"),
      cell: (each) => (
        <ul class="plain">
          {each.evidence.map((piece) => (
            <li key={JSON.stringify(piece)}>
              <code>{String(piece.probe)}</code> {clock(String(piece.at))} {causeText(String(piece.cause))}
            </li>
          ))}
        </ul>
      ),
      minor: true,
    },
  ];
  return (
    <Table
      caption={t("node.evidence")}
      columns={columns}
      rows={changes}
      keyOf={(each) => `${each.at} ${each.new} ${each.detected_at}`}
      first="-at"
    />
  );
}
