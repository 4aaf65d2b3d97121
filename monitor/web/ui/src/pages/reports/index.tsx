import { t } from "../../i18n";
import { useRead } from "../../parts/read";
import { may } from "../../session";
import type { ReportList } from "../../types";
import { Ask } from "./Ask";
import { Made } from "./Made";
import { Verify } from "./Verify";
import "./reports.css";

/** Choose, look, make, take away; and check what somebody else brings. */
export default function ReportsPage() {
  const list = useRead<ReportList>("/reports", {}, { every: 60 });
  return (
    <div class="stack">
      <h1 class="unseen">{t("reports.title")}</h1>
      {may("report") && <Ask onMade={list.again} />}
      <Made list={list} />
      {may("report") && <Verify />}
    </div>
  );
}
