import { useState } from "preact/hooks";
import { get, send } from "../../api";
import { duration } from "../../format";
import { causeText, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { toastProblem } from "../../parts/Toast";
import { Shape } from "../../signs";
import type { Answers, NodeDetail, Wished } from "../../types";

const ASK_EVERY = 500;
const PATIENCE = 20_000;

/** Asks a node now, and shows what its probes answer. The judges see ordinary observations. */
export function ProbeNow({ node, path }: { node: NodeDetail; path: string }) {
  const [isBusy, setBusy] = useState(false);
  const [came, setCame] = useState<Record<string, Answers>>({});

  async function ask(): Promise<void> {
    setBusy(true);
    setCame({});
    try {
      await Promise.all(node.watches.map((watch) => askIn(watch.network)));
    } catch (error) {
      toastProblem(error);
    } finally {
      setBusy(false);
    }
  }

  async function askIn(network: string): Promise<void> {
    const { wish } = await send<Wished>("POST", `${path}/probe`, { network });
    for (let waited = 0; waited < PATIENCE; waited += ASK_EVERY) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
      const answers = await get<Answers>(`${path}/probe/${wish}`);
      setCame((former) => ({ ...former, [network]: answers }));
      if (answers.done) return;
    }
  }

  return (
    <>
      <Button kind="main" busy={isBusy} onClick={() => void ask()}>
        {t(isBusy ? "node.probing" : "node.probe")}
      </Button>
      {!isBusy && Object.keys(came).length > 0 && (
        <Dialog title={t("node.probed")} onClose={() => setCame({})}>
          {Object.entries(came).map(([network, answers]) => (
            <Came key={network} network={network} answers={answers} />
          ))}
        </Dialog>
      )}
    </>
  );
}

function Came({ network, answers }: { network: string; answers: Answers }) {
  return (
    <section>
      <h3>{network}</h3>
      {answers.answers.length === 0 && <p class="second">{t("node.nobody")}</p>}
      <ul class="plain">
        {answers.answers.map((each) => (
          <li key={each.probe}>
            <Shape look={each.ok ? "up" : "down"} /> <code>{each.probe}</code> {causeText(each.cause)}{" "}
            <span class="second">{duration(each.duration)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
