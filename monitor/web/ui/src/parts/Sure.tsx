import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Form } from "./Form";
import { toast } from "./Toast";

export interface SureProps {
  /** What would be done: the title, and what the button says. */
  title: string;
  /** What comes of it. */
  children: ComponentChildren;
  /** Does it; what it throws is shown. */
  onSure: () => Promise<unknown>;
  /** What is said when it was done. */
  done: string;
  /** It was done, or is left alone. */
  onClose: () => void;
}

/** Asks before something is done that cannot be undone; who presses Enter at once leaves it alone. */
export function Sure({ title, children, onSure, done, onClose }: SureProps) {
  async function sure(): Promise<void> {
    await onSure();
    toast(done);
    onClose();
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <Form
        submit={title}
        kind="danger"
        onSubmit={sure}
        aside={
          <Button onClick={onClose} autoFocus>
            {t("common.cancel")}
          </Button>
        }
      >
        <p>{children}</p>
      </Form>
    </Dialog>
  );
}
