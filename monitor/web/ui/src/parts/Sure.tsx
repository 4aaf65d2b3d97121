import type { ComponentChildren } from "preact";
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

/** Asks before something is done that cannot be undone. */
export function Sure({ title, children, onSure, done, onClose }: SureProps) {
  async function sure(): Promise<void> {
    await onSure();
    toast(done);
    onClose();
  }

  return (
    <Dialog title={title} onClose={onClose}>
      <Form submit={title} kind="danger" onSubmit={sure}>
        <p>{children}</p>
      </Form>
    </Dialog>
  );
}
