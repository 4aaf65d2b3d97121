import { useState } from "preact/hooks";
import { now } from "../../clock";
import { exactSpan, fullMoment, millis, number } from "../../format";
import { causeText, classText, t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { AlertCare, Notes } from "../../parts/Care";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { networkName } from "../../parts/networks";
import { isCamera } from "../../parts/nodes";
import { careText, outageLook, outageName } from "../../parts/outage";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { SilenceDialog } from "../../parts/SilenceDialog";
import { scopeOfOutage } from "../../parts/scope";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { type PageProps, to } from "../../router";
import { may } from "../../session";
import { Shape } from "../../signs";
import type { OutageNow, OutageStory, OutageTold } from "../../types";
import { Members } from "./Members";

/** One outage: where, since when, how much it takes, who takes care, and how it went. */
export default function OutagePage({ id }: PageProps) {
  const path = `/outages/${encodeURIComponent(id)}`;
  const { data, error, again } = useRead<OutageStory>(
    path,
    {},
    { every: 15, on: ["outage", "order", "alert"] },
  );
  if (data === null) {
    return error === null ? <Loading /> : <Notice kind="wrong">{problemText(error)}</Notice>;
  }
  return (
    <div class="stack narrow">
      <Head outage={data.outage} onDone={again} />
      <Panel title={t("outage.notes")}>
        <Notes notes={data.notes} path={`${path}/note`} onDone={again} />
      </Panel>
      <Panel title={t("outage.history")}>
        <History history={data.history} />
      </Panel>
      <Members path={path} outage={data.outage} />
    </div>
  );
}

function Head({ outage, onDone }: { outage: OutageNow; onDone: () => void }) {
  const [isSilencing, setSilencing] = useState(false);
  const isOver = outage.phase === "closed";
  const start = millis(outage.since) ?? 0;
  const end = millis(outage.ended_at) ?? now.value;
  const classes = Object.entries(outage.classes);
  return (
    <Panel>
      <div class="page-head">
        <h1>
          <Shape look={outageLook(outage)} /> {outageName(outage)}
        </h1>
        <div class="bar">
          {!isOver && outage.alert !== null && (
            <AlertCare alert={outage.alert} ackedBy={outage.acked_by} onDone={onDone} />
          )}
          {!isOver && may("operate") && (
            <Button onClick={() => setSilencing(true)}>{t("silence.this")}</Button>
          )}
        </div>
      </div>
      {isSilencing && (
        <SilenceDialog
          scope={scopeOfOutage(outage, isCamera(outage.root))}
          onClose={() => {
            setSilencing(false);
            onDone();
          }}
        />
      )}
      <dl class="facts">
        <dt>{t("outages.affected")}</dt>
        <dd>
          {t("outages.points", { n: number(outage.affected) })}
          {classes.length > 0 &&
            ` · ${classes.map(([each, count]) => `${classText(each)} ${number(count)}`).join(" · ")}`}
        </dd>
        <dt>{t("common.region")}</dt>
        <dd>{[outage.region_name, networkName(outage.network)].filter((each) => each !== "").join(" · ")}</dd>
        <dt>{t("outage.since")}</dt>
        <dd
          title={
            outage.not_before === null
              ? undefined
              : t("outage.certain", { from: fullMoment(outage.not_before), to: fullMoment(outage.since) })
          }
        >
          {fullMoment(outage.since)} · {exactSpan((end - start) / 1000)}
        </dd>
        {isOver && (
          <>
            <dt>{t("outages.ended")}</dt>
            <dd>
              {fullMoment(outage.ended_at)} {outage.ending !== null && word("ending", outage.ending)}{" "}
              {outage.merged_into && <a href={to("outage", outage.merged_into)}>{outage.merged_into}</a>}
            </dd>
          </>
        )}
        <dt>{t("common.cause")}</dt>
        <dd>{causeText(outage.cause)}</dd>
        {outage.contractor && (
          <>
            <dt>{t("common.contractor")}</dt>
            <dd>{outage.contractor}</dd>
          </>
        )}
        <dt>{t("outages.care")}</dt>
        <dd>{careText(outage, isOver)}</dd>
        {outage.excluded && (
          <>
            <dt>{t("maintenance.title")}</dt>
            <dd>
              <a href={to("maintenance")}>{t("outage.excluded", { id: outage.excluded })}</a>
            </dd>
          </>
        )}
        {outage.kind === "node" && (
          <>
            <dt>{t("outages.root")}</dt>
            <dd>
              <a href={to("node", outage.root)}>{outage.root}</a>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}

function History({ history }: { history: readonly OutageTold[] }) {
  const columns: Column<OutageTold>[] = [
    { key: "at", head: t("common.time"), cell: (each) => fullMoment(each.told_at) },
    { key: "phase", head: t("outage.phase"), cell: (each) => word("phase", each.phase) },
    { key: "affected", head: t("outages.affected"), cell: (each) => number(each.affected), right: true },
    { key: "cause", head: t("common.cause"), cell: (each) => causeText(each.cause), minor: true },
  ];
  return (
    <Table
      caption={t("outage.history")}
      columns={columns}
      rows={history}
      keyOf={(each) => `${each.told_at} ${each.phase} ${each.affected}`}
    />
  );
}
