import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { problemText } from "../problem";
import { Button } from "./Button";
import { Notice } from "./Notice";

export interface FormProps {
  children: ComponentChildren;
  /** What the button says. */
  submit: string;
  /** Does it; what it throws is shown above the button. */
  onSubmit: () => Promise<void>;
  disabled?: boolean;
  kind?: "main" | "danger";
  /** Beside the button. */
  aside?: ComponentChildren;
}

/** Fields with one button: sent by Enter too, once at a time, and what the server refused stands in it. */
export function Form({ children, submit, onSubmit, disabled, kind = "main", aside }: FormProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function sent(event: Event): Promise<void> {
    event.preventDefault();
    if (isBusy || disabled) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit();
    } catch (caught) {
      setError(caught); // shown: nothing else here can act on it
    } finally {
      setBusy(false);
    }
  }

  return (
    <form class="form" onSubmit={sent} noValidate>
      {children}
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      <div class="form-end">
        <Button type="submit" kind={kind} busy={isBusy} disabled={disabled}>
          {submit}
        </Button>
        {aside}
      </div>
    </form>
  );
}
