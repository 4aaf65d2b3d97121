import { useEffect, useState } from "preact/hooks";
import { get } from "../../api";
import { percent } from "../../format";
import { t } from "../../i18n";
import { Notice } from "../../parts/Notice";
import { problemText } from "../../problem";
import type { ReportJob } from "../../types";
import { FileLinks } from "./Made";

const ASK_EVERY = 700;

/** How far a report is; once it is made, its files. */
export function Job({ first, onMade }: { first: ReportJob; onMade: () => void }) {
  const [job, setJob] = useState(first);
  const [error, setError] = useState<unknown>(null);
  const isGoing = job.state === "waiting" || job.state === "making";

  useEffect(() => {
    if (!isGoing || error !== null) return;
    const timer = setTimeout(
      () => get<ReportJob>(`/reports/jobs/${job.id}`).then(setJob, setError),
      ASK_EVERY,
    );
    return () => clearTimeout(timer);
  }, [job, error]);
  useEffect(() => {
    if (job.state === "made") onMade();
  }, [job.state]);

  if (error !== null) return <Notice kind="wrong">{problemText(error)}</Notice>;
  if (job.state === "failed") {
    return (
      <Notice kind="wrong">
        {t("reports.failed")}
        <pre>{job.error}</pre>
      </Notice>
    );
  }
  if (job.state === "made") {
    return (
      <Notice kind="done">
        {t("reports.made")}
        {job.revision !== null && ` · ${t("reports.revision", { n: job.revision })}`}
        {job.digest !== null && (
          <>
            {" · "}
            {t("reports.digest")} <code title={job.digest}>{job.digest.slice(0, 12)}</code>
          </>
        )}{" "}
        <FileLinks files={job.files} />
      </Notice>
    );
  }
  const share = percent(job.share, 0);
  return (
    <div class="job">
      <span role="status">
        {job.state === "waiting" ? t("reports.waiting") : t("reports.making", { share })}
      </span>
      <progress max={1} value={job.share} aria-label={t("reports.make")} />
    </div>
  );
}
