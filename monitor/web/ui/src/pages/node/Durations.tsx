import { useMemo } from "preact/hooks";
import { duration, span } from "../../format";
import { t } from "../../i18n";
import { Chart } from "../../parts/Chart";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import { palette } from "../../theme";
import type { Durations as DurationsOf } from "../../types";
import { chartOf, type Line, linesOf, toldOf } from "./durations";

const EVERY = 10;
const HEIGHT = 168;

interface DurationsProps {
  path: string;
  network: string;
}

/** How long each probe took in the last hour; a gap is where none answered. Nothing for who only tells. */
export function Durations({ path, network }: DurationsProps) {
  const { data, error } = useRead<DurationsOf>(`${path}/durations`, {}, { every: EVERY });
  const lines = useMemo(() => (data === null ? [] : linesOf(data, network)), [data, network]);
  if (data !== null && lines.length === 0) return null;
  return (
    <Panel title={t("node.durations")} aside={<Legend lines={lines} />}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && <Drawing data={data} lines={lines} />}
    </Panel>
  );
}

function Drawing({ data, lines }: { data: DurationsOf; lines: readonly Line[] }) {
  const colours = palette.value;
  const nothing = t("node.no_answer");
  const option = useMemo(
    () => chartOf(lines, data.times, colours, nothing),
    [lines, data.times, colours, nothing],
  );
  if (data.times.length < 2) {
    return (
      <Empty title={t("node.no_durations")}>{t("node.no_durations_how", { step: span(data.step) })}</Empty>
    );
  }
  return <Chart label={lines.map(sentence).join(t("node.and"))} option={option} height={HEIGHT} />;
}

/** Each line as it is drawn. */
function Legend({ lines }: { lines: readonly Line[] }) {
  return (
    <ul class="plain durations-legend">
      {lines.map((line) => (
        <li key={line.probe}>
          <svg
            class={`durations-key ${line.look.colour} ${line.look.dash}`}
            viewBox="0 0 24 8"
            aria-hidden="true"
          >
            <path d="M0 4h24" />
          </svg>{" "}
          <span class="verbatim">{line.probe}</span>
        </li>
      ))}
    </ul>
  );
}

function sentence(line: Line): string {
  const { last, least, most, missing } = toldOf(line);
  if (least === null) return t("node.durations_none", { probe: line.probe });
  const figures = { last: duration(last), least: duration(least), most: duration(most) };
  return t("node.durations_told", { probe: line.probe, ...figures, missing, of: line.seconds.length });
}
