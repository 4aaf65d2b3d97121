import { useState } from "preact/hooks";
import { upload } from "../../api";
import { fullMoment } from "../../format";
import { t } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Pick } from "../../parts/Pick";
import { problemText } from "../../problem";
import type { Verified } from "../../types";

/** Whether a report that somebody brings is as it was made. */
export function Verify() {
  const [found, setFound] = useState<{ name: string; verified: Verified } | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  async function check(file: File): Promise<void> {
    setBusy(true);
    setError(null);
    setFound(null);
    try {
      setFound({ name: file.name, verified: await upload<Verified>("/reports/verify", file) });
    } catch (caught) {
      setError(caught); // shown below
    } finally {
      setBusy(false);
    }
  }

  return (
    <Panel title={t("reports.verify")}>
      <div class="stack">
        <p class="second">{t("reports.verify_lead")}</p>
        <Pick
          label={t("reports.choose")}
          accept=".xlsx,.json,.pdf,.csv"
          busy={isBusy}
          onPick={(file) => void check(file)}
        />
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {found !== null && <Found name={found.name} verified={found.verified} />}
      </div>
    </Panel>
  );
}

function Found({ name, verified }: { name: string; verified: Verified }) {
  const made = `${name} · ${fullMoment(verified.made_at)} · ${verified.digest.slice(0, 16)}`;
  if (verified.right) {
    return (
      <Notice kind="done">
        {t("reports.right")} <span class="second">{made}</span>
      </Notice>
    );
  }
  return (
    <Notice kind="wrong">
      {t("reports.wrong")} <span class="second">{made}</span>
      <ul>
        {verified.findings.map((each) => (
          <li key={each}>{each}</li>
        ))}
      </ul>
    </Notice>
  );
}
