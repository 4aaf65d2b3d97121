import { t } from "../../i18n";
import { Tabs } from "../../parts/Tabs";
import { go, type PageProps, to } from "../../router";
import { LedgerPanel } from "./Ledger";
import { Trail } from "./Trail";

type View = "trail" | "ledger";

/** What auditors look at; nothing here changes anything. */
export default function AuditPage({ query }: PageProps) {
  const view: View = query.get("view") === "ledger" ? "ledger" : "trail";
  return (
    <>
      <h1 class="unseen">{t("audit.title")}</h1>
      <Tabs<View>
        label={t("audit.title")}
        value={view}
        options={[
          ["trail", t("audit.trail")],
          ["ledger", t("audit.ledger")],
        ]}
        onChange={(next) => go(to("audit", "", { ...Object.fromEntries(query), view: next }), true)}
      >
        {view === "trail" ? <Trail query={query} /> : <LedgerPanel />}
      </Tabs>
    </>
  );
}
