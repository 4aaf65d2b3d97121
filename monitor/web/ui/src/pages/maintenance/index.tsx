import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { PAGE, Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { problemText } from "../../problem";
import type { PageProps } from "../../router";
import { may } from "../../session";
import type { DecidedList } from "../../types";
import { Ask, Correct } from "./Ask";
import { List } from "./List";

/** Time left out and states put right: asked for by one, approved by another. */
export default function MaintenancePage({ query }: PageProps) {
  const node = query.get("node") ?? "";
  const [offset, setOffset] = useState(0);
  const page = { limit: PAGE, offset };
  const { data, error, again } = useRead<DecidedList>("/maintenance", page, { every: 60, on: ["decision"] });
  const [asking, setAsking] = useState<"ask" | "correct" | null>(
    node !== "" && may("operate") ? "ask" : null,
  );
  const close = (): void => {
    setAsking(null);
    again();
  };

  return (
    <Panel
      title={t("maintenance.title")}
      aside={
        may("operate") && (
          <>
            <Button kind="main" onClick={() => setAsking("ask")}>
              {t("maintenance.ask")}
            </Button>
            <Button onClick={() => setAsking("correct")}>{t("maintenance.correct")}</Button>
          </>
        )
      }
    >
      <h1 class="unseen">{t("maintenance.title")}</h1>
      <p class="second">{t("maintenance.lead")}</p>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data?.decisions.length === 0 && (
        <Empty title={t("maintenance.empty")}>{t("maintenance.empty_how")}</Empty>
      )}
      {data !== null && data.decisions.length > 0 && <List decisions={data.decisions} onDone={again} />}
      {data !== null && <Pages offset={offset} total={data.total} onMove={setOffset} />}
      {asking === "ask" && <Ask node={node} onClose={close} />}
      {asking === "correct" && <Correct node={node} onClose={close} />}
    </Panel>
  );
}
