import { useRef, useState } from "preact/hooks";
import { now } from "../../clock";
import { clock, day as dayOf } from "../../format";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import type { Timeline } from "../../types";
import { Band } from "./Band";
import { Changes } from "./Changes";
import { around, dayBeside, type Window } from "./day";

interface DayProps {
  node: string;
  path: string;
  network: string;
  day: string;
  /** From its midnight to the next. */
  window: Window;
  onDay: (day: string) => void;
}

/** One day to the second, with every change and what it rests on; ten minutes of it at a closer look. */
export function DayView({ node, path, network, day, window, onDay }: DayProps) {
  const [since, until] = window.map((each) => new Date(each).toISOString());
  const { data, error } = useRead<Timeline>(
    `${path}/timeline`,
    { since, until, network },
    { every: 15, on: ["board"], nodes: [node] },
  );
  const [close, setClose] = useState<{ day: string; at: number } | null>(null);
  const isClose = close !== null && close.day === day;
  const band = useRef<HTMLDivElement>(null);
  const look = (at: number): void => {
    setClose({ day, at });
    band.current?.scrollIntoView({ block: "nearest" });
  };
  const shown = isClose ? around(close.at, window) : window;
  return (
    <Panel
      title={t("node.timeline", { day })}
      aside={
        <>
          {isClose && (
            <Button kind="quiet" onClick={() => setClose(null)}>
              {t("node.whole_day")}
            </Button>
          )}
          <Button kind="quiet" label={t("node.previous_day")} onClick={() => onDay(dayBeside(day, -1))}>
            ‹
          </Button>
          <Button
            kind="quiet"
            label={t("node.next_day")}
            disabled={day >= dayOf(now.value)}
            onClick={() => onDay(dayBeside(day, 1))}
          >
            ›
          </Button>
        </>
      }
    >
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && (
        <>
          <div ref={band} class="band-frame">
            <Band timeline={data} window={shown} />
            <p class="second" role="status">
              {isClose ? t("node.close", { from: clock(shown[0]), to: clock(shown[1]) }) : t("node.closer")}
            </p>
          </div>
          <h3>{t("node.changes")}</h3>
          {data.changes.length === 0 ? (
            <p class="second">{t("node.no_changes")}</p>
          ) : (
            <Changes changes={data.changes} onChoose={(change) => look(Date.parse(change.at))} />
          )}
        </>
      )}
    </Panel>
  );
}
