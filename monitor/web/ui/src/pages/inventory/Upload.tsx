import { useState } from "preact/hooks";
import { ProblemError, send, upload } from "../../api";
import { number } from "../../format";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Dialog } from "../../parts/Dialog";
import { Form } from "../../parts/Form";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { Pick } from "../../parts/Pick";
import { toast } from "../../parts/Toast";
import { problemText } from "../../problem";
import type { InventoryPreview } from "../../types";
import { Differences, Mistakes } from "./tables";

const CONFLICT = 409;

/** Another list: looked at first, then put in place. */
export function Upload() {
  const [preview, setPreview] = useState<InventoryPreview | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const [isSure, setSure] = useState(false);

  async function look(file: File): Promise<void> {
    setBusy(true);
    setError(null);
    setPreview(null);
    try {
      setPreview(await upload<InventoryPreview>("/inventory/preview", file));
    } catch (caught) {
      setError(caught); // shown below
    } finally {
      setBusy(false);
    }
  }

  async function apply(): Promise<void> {
    try {
      await send("POST", "/inventory/apply", { upload: preview?.upload });
      toast(t("inventory.applied"));
    } catch (caught) {
      if (!(caught instanceof ProblemError && caught.status === CONFLICT)) throw caught;
      setError(caught); // what was previewed holds no more: another look is needed
    }
    setSure(false);
    setPreview(null);
  }

  return (
    <Panel title={t("inventory.upload")}>
      <div class="stack">
        <p class="second">{t("inventory.upload_lead")}</p>
        <Pick
          label={t("inventory.choose")}
          accept=".csv,.xlsx"
          busy={isBusy}
          onPick={(file) => void look(file)}
        />
        {isBusy && <Loading what={t("inventory.checking")} />}
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {preview !== null && <Seen preview={preview} onApply={() => setSure(true)} />}
      </div>
      {isSure && preview !== null && (
        <Dialog title={t("inventory.apply")} onClose={() => setSure(false)}>
          <Form submit={t("inventory.apply")} kind={preview.gone > 0 ? "danger" : "main"} onSubmit={apply}>
            <p>{t("inventory.sure", counts(preview))}</p>
            {preview.gone > 0 && <p>{t("inventory.sure_gone", { n: number(preview.gone) })}</p>}
          </Form>
        </Dialog>
      )}
    </Panel>
  );
}

function counts(preview: InventoryPreview): Record<string, string> {
  return {
    new: number(preview.new),
    changed: number(preview.changed),
    gone: number(preview.gone),
    nodes: number(preview.nodes),
  };
}

function Seen({ preview, onApply }: { preview: InventoryPreview; onApply: () => void }) {
  const wrong = preview.mistakes.length + preview.more_mistakes;
  if (wrong > 0) {
    return (
      <>
        <Notice kind="wrong">{t("inventory.mistakes", { n: number(wrong) })}</Notice>
        <Mistakes mistakes={preview.mistakes} />
        {preview.more_mistakes > 0 && (
          <p class="second">{t("inventory.more_mistakes", { n: number(preview.more_mistakes) })}</p>
        )}
      </>
    );
  }
  const changes = preview.new + preview.changed + preview.gone;
  if (changes === 0) return <Notice>{t("inventory.same")}</Notice>;
  return (
    <>
      <Notice kind="done">{t("inventory.right", counts(preview))}</Notice>
      <div>
        <Button kind="main" onClick={onApply}>
          {t("inventory.apply")}
        </Button>
      </div>
      <Differences differences={preview.differences} />
      {changes > preview.differences.length && (
        <p class="second">{t("inventory.more", { n: number(preview.differences.length) })}</p>
      )}
    </>
  );
}
