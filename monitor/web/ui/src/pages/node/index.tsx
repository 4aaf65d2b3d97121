import { useState } from "preact/hooks";
import { day } from "../../format";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { useRead } from "../../parts/read";
import { Tabs } from "../../parts/Tabs";
import { problemText } from "../../problem";
import type { PageProps } from "../../router";
import type { NodeDetail } from "../../types";
import { Beside } from "./Beside";
import { Days } from "./Days";
import { DayView } from "./DayView";
import { Head } from "./Head";
import { Ladder } from "./Ladder";
import "./node.css";

/** One point: how it stands layer by layer, and what it was in the last 90 days, with evidence. */
export default function NodePage({ id }: PageProps) {
  const path = `/nodes/${encodeURIComponent(id)}`;
  const { data, error, isStale } = useRead<NodeDetail>(path, {}, { every: 5, on: ["board"] });
  const [network, setNetwork] = useState<string | null>(null);
  const [chosen, setChosen] = useState(() => day(Date.now()));
  if (data === null) {
    return error === null ? <Loading /> : <Notice kind="wrong">{problemText(error)}</Notice>;
  }
  const networks = data.watches.map((watch) => watch.network);
  const shown = network ?? networks[0] ?? null;
  const past = shown !== null && (
    <div class="stack">
      <Days path={path} network={shown} chosen={chosen} onChoose={setChosen} />
      <DayView path={path} network={shown} day={chosen} onDay={setChosen} />
    </div>
  );
  return (
    <div class="node">
      <Head node={data} path={path} isStale={isStale} />
      <div class="node-columns">
        <div class="stack">
          <Ladder path={path} />
          <Beside node={data} />
        </div>
        {networks.length > 1 && shown !== null ? (
          <Tabs
            label={t("common.network")}
            value={shown}
            options={networks.map((each) => [each, each] as const)}
            onChange={setNetwork}
          >
            {past}
          </Tabs>
        ) : (
          past
        )}
      </div>
    </div>
  );
}
