import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { PAGE, Pages } from "../../parts/Pages";
import { useRead } from "../../parts/read";
import { may } from "../../session";
import type { ReportList } from "../../types";
import { Ask } from "./Ask";
import { Made } from "./Made";
import { Verify } from "./Verify";
import "./reports.css";

/** Choose, look, make, take away; and check what somebody else brings. */
export default function ReportsPage() {
  const [offset, setOffset] = useState(0);
  const list = useRead<ReportList>("/reports", { limit: PAGE, offset }, { every: 60 });
  return (
    <div class="stack">
      <h1 class="unseen">{t("reports.title")}</h1>
      {may("report") && <Ask onMade={list.again} />}
      <Made list={list} />
      {list.data !== null && <Pages offset={offset} total={list.data.total} onMove={setOffset} />}
      {may("report") && <Verify />}
    </div>
  );
}
