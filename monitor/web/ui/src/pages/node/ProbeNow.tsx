import { useState } from "preact/hooks";
import { get, send } from "../../api";
import { duration } from "../../format";
import { causeText, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Notice } from "../../parts/Notice";
import { networkName } from "../../parts/networks";
import { problemText } from "../../problem";
import { Shape } from "../../signs";
import type { Answers, NodeDetail, Wished } from "../../types";

const ASK_EVERY = 500;
const PATIENCE = 20_000;

/** What came from one network: its answers, or why there are none. */
type Came = Answers | { error: unknown };

/** Asks a node now, and shows what its probes answer. The judges see ordinary observations. */
export function ProbeNow({ node, path }: { node: NodeDetail; path: string }) {
  const [isBusy, setBusy] = useState(false);
  const [came, setCame] = useState<Record<string, Came>>({});

  async function ask(): Promise<void> {
    setBusy(true);
    setCame({});
    await Promise.all(node.watches.map((watch) => askIn(watch.network)));
    setBusy(false);
  }

  async function askIn(network: string): Promise<void> {
    const put = (one: Came): void => setCame((former) => ({ ...former, [network]: one }));
    try {
      const { wish } = await send<Wished>("POST", `${path}/probe`, { network });
      for (let waited = 0; waited < PATIENCE; waited += ASK_EVERY) {
        await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
        const answers = await get<Answers>(`${path}/probe/${wish}`);
        put(answers);
        if (answers.done) return;
      }
    } catch (error) {
      put({ error }); // shown: the other network may have answered all the same
    }
  }

  return (
    <>
      <Button kind="main" busy={isBusy} disabled={node.watches.length === 0} onClick={() => void ask()}>
        {t(isBusy ? "node.probing" : "node.probe")}
      </Button>
      {!isBusy && Object.keys(came).length > 0 && (
        <Dialog title={t("node.probed")} onClose={() => setCame({})}>
          {Object.entries(came).map(([network, one]) => (
            <section key={network}>
              <h3>{networkName(network)}</h3>
              {"error" in one ? (
                <Notice kind="wrong">{problemText(one.error)}</Notice>
              ) : (
                <List answers={one} />
              )}
            </section>
          ))}
        </Dialog>
      )}
    </>
  );
}

function List({ answers }: { answers: Answers }) {
  if (answers.answers.length === 0) return <p class="second">{t("node.nobody")}</p>;
  return (
    <ul class="plain">
      {answers.answers.map((each) => (
        <li key={each.probe}>
          <Shape look={each.state} title={t(`state.${each.state}`)} /> <code>{each.probe}</code>{" "}
          {causeText(each.cause)} <span class="second">{duration(each.duration)}</span>
        </li>
      ))}
    </ul>
  );
}
