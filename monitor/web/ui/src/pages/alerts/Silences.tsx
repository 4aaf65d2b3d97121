import { useState } from "preact/hooks";
import { send } from "../../api";
import { fullMoment } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { PAGE, Pages } from "../../parts/Pages";
import { useRead } from "../../parts/read";
import { ScopeText } from "../../parts/Scope";
import { SilenceDialog } from "../../parts/SilenceDialog";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { may } from "../../session";
import type { Silence, SilenceList } from "../../types";

/** What nobody is told of for a while; it begins and ends here. */
export function Silences() {
  const [offset, setOffset] = useState(0);
  const page = { limit: PAGE, offset };
  const { data, again } = useRead<SilenceList>("/silences", page, { every: 30, on: ["order"] });
  const [doing, setDoing] = useState<"begin" | Silence | null>(null);
  const close = (): void => {
    setDoing(null);
    again();
  };

  const columns: Column<Silence>[] = [
    { key: "scope", head: t("silence.scope"), main: true, cell: (each) => <ScopeText scope={each.scope} /> },
    {
      key: "rules",
      head: t("alerts.rule"),
      cell: (each) => each.rules.map((rule) => word("rule", rule)).join(", ") || t("common.all"),
      minor: true,
    },
    {
      key: "until",
      head: t("silence.until"),
      cell: (each) => fullMoment(each.until),
      by: (each) => each.until,
    },
    { key: "note", head: t("silence.reason"), cell: (each) => each.note },
    { key: "person", head: t("silence.by"), cell: (each) => each.person },
    {
      key: "end",
      head: "",
      cell: (each) => may("operate") && <Button onClick={() => setDoing(each)}>{t("silence.end")}</Button>,
    },
  ];
  return (
    <div class="stack">
      {may("operate") && (
        <div>
          <Button onClick={() => setDoing("begin")}>{t("silence.begin")}</Button>
        </div>
      )}
      {data?.silences.length === 0 && <Empty title={t("silence.none")}>{t("silence.none_how")}</Empty>}
      {data !== null && data.silences.length > 0 && (
        <Table
          caption={t("alerts.silences")}
          columns={columns}
          rows={data.silences}
          keyOf={(each) => each.id}
        />
      )}
      {data !== null && <Pages offset={offset} total={data.total} onMove={setOffset} />}
      {doing === "begin" && <SilenceDialog onClose={close} />}
      {doing !== null && doing !== "begin" && (
        <Sure
          title={t("silence.end")}
          onSure={() => send("DELETE", `/silences/${encodeURIComponent(doing.id)}`)}
          done={t("silence.ended")}
          onClose={close}
        >
          <ScopeText scope={doing.scope} /> · {doing.note}
          <br />
          {t("silence.end_sure")}
        </Sure>
      )}
    </div>
  );
}
