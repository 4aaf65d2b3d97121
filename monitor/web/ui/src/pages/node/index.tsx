import { now } from "../../clock";
import { day } from "../../format";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { networkName } from "../../parts/networks";
import { useRead } from "../../parts/read";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import { go, type PageProps, to } from "../../router";
import type { NodeDetail } from "../../types";
import { Beside } from "./Beside";
import { Days } from "./Days";
import { DayView } from "./DayView";
import { Durations } from "./Durations";
import { windowOf } from "./day";
import { Head } from "./Head";
import { Ladder } from "./Ladder";
import "./node.css";

/** One point: how it stands layer by layer, what it was in the last hour and in the last 90 days, with evidence. */
export default function NodePage({ id, query }: PageProps) {
  const path = `/nodes/${encodeURIComponent(id)}`;
  const { data, error, isStale } = useRead<NodeDetail>(
    path,
    {},
    { every: 5, on: ["board", "decision"], nodes: [id] },
  );
  if (data === null) {
    return error === null ? <Loading /> : <Notice kind="wrong">{problemText(error)}</Notice>;
  }
  const networks = data.watches.map((watch) => watch.network);
  const asked = query.get("network") ?? "";
  const shown = networks.includes(asked) ? asked : networks[0];
  const ask = (part: Record<string, string>): void =>
    go(to("node", id, { ...Object.fromEntries(query), ...part }), true);
  const past = shown !== undefined && (
    <Past node={id} path={path} network={shown} day={query.get("day")} onDay={(next) => ask({ day: next })} />
  );
  return (
    <div class="node">
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      <Head node={data} path={path} isStale={isStale} />
      <div class="node-columns">
        <Ladder node={data} path={path} />
        {networks.length > 1 && shown !== undefined ? (
          <Tabs
            label={t("common.network")}
            value={shown}
            options={networks.map((each) => [each, networkName(each)] as const)}
            onChange={(network) => ask({ network })}
          >
            {past}
          </Tabs>
        ) : (
          past
        )}
        <div class="stack">
          <Beside node={data} />
        </div>
      </div>
    </div>
  );
}

interface PastProps {
  node: string;
  path: string;
  network: string;
  /** The day of the address; null or no day at all: today. */
  day: string | null;
  onDay: (day: string) => void;
}

function Past({ node, path, network, day: asked, onDay }: PastProps) {
  const today = day(now.value);
  const chosen = asked !== null && windowOf(asked) !== null ? asked : today;
  const window = windowOf(chosen);
  return (
    <div class="stack">
      <Durations path={path} network={network} />
      <Days path={path} network={network} chosen={chosen} onChoose={onDay} />
      {window !== null && (
        <DayView node={node} path={path} network={network} day={chosen} window={window} onDay={onDay} />
      )}
    </div>
  );
}
