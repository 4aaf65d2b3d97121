import { useState } from "preact/hooks";
import { send } from "../../api";
import { now } from "../../clock";
import { lang, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { problemText } from "../../problem";
import type { Preview, ReportJob } from "../../types";
import { Fields, type Form, Forms } from "./Fields";
import { Figures } from "./Figures";
import { Job } from "./Job";
import { type Chosen, isWhole, monthOf, questionOf } from "./question";

const usual = (): Chosen => ({
  when: "this_month",
  month: monthOf(now.peek(), 1),
  from: "",
  to: "",
  by: "county",
  what: "class1",
  region: "",
  network: "",
  contractor: "",
  nodes: [],
  language: lang.peek(),
});

/** What report is wanted; its figures before it is made; and its making. */
export function Ask({ onMade }: { onMade: () => void }) {
  const [chosen, setChosen] = useState(usual);
  const [forms, setForms] = useState<readonly Form[]>(["xlsx", "pdf"]);
  const [preview, setPreview] = useState<Preview | null>(null);
  const [job, setJob] = useState<ReportJob | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [doing, setDoing] = useState<"look" | "make" | null>(null);

  function choose(part: Partial<Chosen>): void {
    setChosen({ ...chosen, ...part });
    setPreview(null); // figures of another question
  }

  async function run(what: "look" | "make", work: () => Promise<void>): Promise<void> {
    setDoing(what);
    setError(null);
    try {
      await work();
    } catch (caught) {
      setError(caught); // shown below the form
    } finally {
      setDoing(null);
    }
  }

  const question = () => questionOf(chosen, now.peek());
  const look = () =>
    run("look", async () => setPreview(await send<Preview>("POST", "/reports/preview", question())));
  const make = () =>
    run("make", async () => setJob(await send<ReportJob>("POST", "/reports", { ...question(), forms })));
  const isReady = isWhole(chosen) && doing === null;

  return (
    <Panel title={t("reports.ask")}>
      <div class="stack">
        <Fields chosen={chosen} onChosen={choose} />
        <div class="bar">
          <Button busy={doing === "look"} disabled={!isReady} onClick={() => void look()}>
            {t(doing === "look" ? "reports.looking" : "reports.preview")}
          </Button>
          <Forms forms={forms} onForms={setForms} />
          <Button
            kind="main"
            busy={doing === "make"}
            disabled={!isReady || forms.length === 0}
            onClick={() => void make()}
          >
            {t("reports.make")}
          </Button>
        </div>
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {job !== null && <Job key={job.id} first={job} onMade={onMade} />}
        {preview !== null && <Figures preview={preview} />}
      </div>
    </Panel>
  );
}
