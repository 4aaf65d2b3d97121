import { clock } from "../../format";
import { t } from "../../i18n";
import { type Look, lookOf, lookText } from "../../signs";
import type { Timeline, TimelineChange, TimelineSpan } from "../../types";
import { marksOf, type Window } from "./day";
import { hatching } from "./Hatch";

const WIDE = 1440;
const TALL = 40;

interface BandProps {
  timeline: Timeline;
  window: Window;
}

/** The stretches within a window; an edge that is not known exactly is drawn as the interval in which it lies. */
export function Band({ timeline, window }: BandProps) {
  const [start, end] = window;
  const place = (at: string): number => ((Date.parse(at) - start) / (end - start)) * WIDE;
  const shown = timeline.spans.filter((each) => Date.parse(each.end) > start && Date.parse(each.start) < end);
  const label = shown.map(textOf).join("; ") || t("node.no_days");
  return (
    <figure class="band">
      <svg viewBox={`0 0 ${WIDE} ${TALL}`} preserveAspectRatio="none" role="img" aria-label={label}>
        {shown.map((each) => (
          <Stretch key={each.start} stretch={each} from={place(each.start)} to={place(each.end)} />
        ))}
        {timeline.changes.map((each) => (
          <Doubt key={`${each.at}${each.new}`} change={each} place={place} />
        ))}
      </svg>
      <figcaption aria-hidden="true">
        {marksOf(window).map((each) => (
          <span key={each}>{each}</span>
        ))}
      </figcaption>
    </figure>
  );
}

function Stretch({ stretch, from, to }: { stretch: TimelineSpan; from: number; to: number }) {
  const look = lookOfSpan(stretch);
  return (
    <rect
      class={`part ${look}`}
      {...hatching(look)}
      x={from}
      y={0}
      width={Math.max(1, to - from)}
      height={TALL}
    >
      <title>{textOf(stretch)}</title>
    </rect>
  );
}

/** Between the last moment at which it was still the old state and the first at which it was the new one. */
function Doubt({ change, place }: { change: TimelineChange; place: (at: string) => number }) {
  if (change.not_before === null) return null;
  const from = place(change.not_before);
  const to = place(change.at);
  return (
    <rect class="doubt" x={from} y={0} width={Math.max(1, to - from)} height={TALL}>
      <title>{t("node.edge", { from: clock(change.not_before), to: clock(change.at) })}</title>
    </rect>
  );
}

function lookOfSpan(each: TimelineSpan): Look {
  return lookOf(each.state, each.attribution === "upstream", each.excluded);
}

function textOf(each: TimelineSpan): string {
  return `${clock(each.start)} – ${clock(each.end)} ${lookText(lookOfSpan(each))}`;
}
