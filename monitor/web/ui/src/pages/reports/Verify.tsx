import { useState } from "preact/hooks";
import { upload } from "../../api";
import { fullMoment, number } from "../../format";
import { t } from "../../i18n";
import { Loading } from "../../parts/Loading";
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
          accept=".xlsx,.pdf,.csv,.json"
          busy={isBusy}
          onPick={(file) => void check(file)}
        />
        {isBusy && <Loading what={t("reports.checking")} />}
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {found !== null && <Found name={found.name} verified={found.verified} />}
      </div>
    </Panel>
  );
}

const MOST_FINDINGS = 100;

function Found({ name, verified }: { name: string; verified: Verified }) {
  const { findings, right, revision, newest_revision: newest } = verified;
  return (
    <Notice kind={right ? "done" : "wrong"}>
      <p>
        {t(right ? "reports.right" : "reports.wrong", { n: number(findings.length) })}
        {!verified.cells_checked && ` ${t("reports.reworded")}`}
        {newest !== null && newest > revision && ` ${t("reports.newer", { n: number(newest) })}`}
      </p>
      <p class="second">
        {name} · {t("reports.revision", { n: number(revision) })} · {t("reports.made_at")}{" "}
        {fullMoment(verified.made_at)} · {t("reports.digest")} <code>{verified.digest}</code>
      </p>
      {findings.length > 0 && (
        <ul class="findings">
          {findings.slice(0, MOST_FINDINGS).map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
      {findings.length > MOST_FINDINGS && (
        <p>{t("reports.more_findings", { n: number(findings.length - MOST_FINDINGS) })}</p>
      )}
    </Notice>
  );
}
