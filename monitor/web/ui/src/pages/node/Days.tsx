import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { percent, span } from "../../format";
import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import { lookText } from "../../signs";
import type { Day, Days as DaysOf } from "../../types";
import { partsOf, secondsOf } from "./day";
import { Hatch, hatching } from "./Hatch";

const COUNT = 90;
const HEIGHT = 64;
const WIDTH = 8;

interface DaysProps {
  path: string;
  network: string;
  chosen: string;
  onChoose: (day: string) => void;
}

/** A strip a day: as high as it was intact, hatched where nobody looked; below them the figures of one. */
export function Days({ path, network, chosen, onChoose }: DaysProps) {
  const { data, error } = useRead<DaysOf>(`${path}/days`, { days: COUNT, network }, { every: 60 });
  const [pointed, setPointed] = useState<string | null>(null);
  const told = data?.days.find((each) => each.day === (pointed ?? chosen));
  return (
    <Panel title={t("node.days")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.days.length === 0 && <Empty title={t("node.no_days")} />}
      {data !== null && data.days.length > 0 && (
        <>
          <Strips days={data.days} chosen={chosen} onChoose={onChoose} onPoint={setPointed} />
          <p class="second day-figures" aria-hidden="true">
            {told === undefined ? t("node.day_far", { day: chosen }) : textOf(told)}
          </p>
        </>
      )}
    </Panel>
  );
}

interface StripsProps {
  days: readonly Day[];
  chosen: string;
  onChoose: (day: string) => void;
  onPoint: (day: string | null) => void;
}

/** One stop for the Tab key; arrow keys go from day to day. */
function Strips({ days, chosen, onChoose, onPoint }: StripsProps) {
  const frame = useRef<HTMLDivElement>(null);
  const stop = days.some((each) => each.day === chosen) ? chosen : days[days.length - 1].day;
  useLayoutEffect(() => {
    if (frame.current !== null) frame.current.scrollLeft = frame.current.scrollWidth; // on a phone: today
  }, []);
  return (
    <div
      ref={frame}
      class="strips"
      role="toolbar"
      aria-label={t("node.days")}
      onKeyDown={walk}
      onPointerLeave={() => onPoint(null)}
    >
      <Hatch />
      {days.map((each) => (
        <button
          key={each.day}
          type="button"
          class={each.day === chosen ? "strip chosen" : "strip"}
          aria-pressed={each.day === chosen}
          aria-label={textOf(each)}
          tabIndex={each.day === stop ? 0 : -1}
          onClick={() => onChoose(each.day)}
          onPointerEnter={() => onPoint(each.day)}
          onFocus={() => onPoint(each.day)}
          onBlur={() => onPoint(null)}
        >
          <Strip day={each} />
        </button>
      ))}
    </div>
  );
}

function walk(event: KeyboardEvent): void {
  const here = (event.target as Element).closest("button");
  const next = here && beside(here, event.key);
  if (next instanceof HTMLElement) {
    event.preventDefault();
    next.focus();
  }
}

function beside(strip: Element, key: string): Element | null | undefined {
  const strips = strip.parentElement?.querySelectorAll("button");
  if (key === "ArrowRight") return strip.nextElementSibling;
  if (key === "ArrowLeft") return strip.previousElementSibling;
  if (key === "Home") return strips?.[0];
  return key === "End" ? strips?.[strips.length - 1] : null;
}

/** Its figures; only of states in which it was. */
function textOf(day: Day): string {
  const parts = secondsOf(day).map(([look, seconds]) => `${lookText(look)} ${span(seconds)}`);
  if (parts.length === 0) return `${day.day} · ${t("node.no_days")}`;
  return [t("node.day", { day: day.day, intact: percent(day.intact) }), ...parts].join(" · ");
}

function Strip({ day }: { day: Day }) {
  let top = HEIGHT;
  return (
    <svg
      class="strip-drawing"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      {partsOf(day).map(([name, share]) => {
        const height = share * HEIGHT;
        top -= height;
        const place = { x: 0, y: top, width: WIDTH, height };
        return <rect key={name} class={`part ${name}`} {...hatching(name)} {...place} />;
      })}
    </svg>
  );
}
