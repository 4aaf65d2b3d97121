import { percent, span } from "../../format";
import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import type { Day, Days as DaysOf } from "../../types";

const COUNT = 90;
const HEIGHT = 48;
const WIDTH = 8;

interface DaysProps {
  path: string;
  network: string;
  chosen: string;
  onChoose: (day: string) => void;
}

/** A strip a day: as high as it was intact, hatched where nobody looked. Arrow keys go from day to day. */
export function Days({ path, network, chosen, onChoose }: DaysProps) {
  const { data, error } = useRead<DaysOf>(`${path}/days`, { days: COUNT, network }, { every: 60 });
  return (
    <Panel title={t("node.days")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.days.length === 0 && <Empty title={t("node.no_days")} />}
      {data !== null && data.days.length > 0 && (
        <div class="strips" role="toolbar" aria-label={t("node.days")} onKeyDown={walk}>
          {data.days.map((each) => (
            <button
              key={each.day}
              type="button"
              class={each.day === chosen ? "strip chosen" : "strip"}
              aria-pressed={each.day === chosen}
              aria-label={textOf(each)}
              title={textOf(each)}
              onClick={() => onChoose(each.day)}
            >
              <Strip day={each} />
            </button>
          ))}
        </div>
      )}
    </Panel>
  );
}

function walk(event: KeyboardEvent): void {
  const here = (event.target as Element).closest("button");
  const next =
    event.key === "ArrowRight"
      ? here?.nextElementSibling
      : event.key === "ArrowLeft"
        ? here?.previousElementSibling
        : null;
  if (next instanceof HTMLElement) next.focus();
}

export function textOf(day: Day): string {
  return t("node.day", {
    day: day.day,
    intact: percent(day.intact),
    up: span(day.up),
    degraded: span(day.degraded),
    down: span(day.down_own + day.down_upstream),
    unknown: span(day.unknown),
    excluded: span(day.excluded),
  });
}

/** The parts of a day from the ground up, as shares of it. */
export function partsOf(day: Day): readonly (readonly [string, number])[] {
  const parts: [string, number][] = [
    ["up", day.up],
    ["degraded", day.degraded],
    ["down", day.down_own],
    ["upstream", day.down_upstream],
    ["maintenance", day.excluded],
    ["unknown", day.unknown],
  ];
  const whole = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  return whole === 0 ? [] : parts.map(([name, seconds]) => [name, seconds / whole] as const);
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
        return <rect key={name} class={`part ${name}`} x={0} y={top} width={WIDTH} height={height} />;
      })}
    </svg>
  );
}
