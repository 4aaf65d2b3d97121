import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./Button";

export interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose: () => void;
  /** For tables and previews. */
  wide?: boolean;
}

/** Above the page until it is closed (Esc). The focus is kept inside, and given back. */
export function Dialog({ title, children, onClose, wide }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement as HTMLElement | null;
    dialog.current?.showModal();
    // Not the button that closes it, which the browser would choose.
    (dialog.current?.querySelector<HTMLElement>("[autofocus]") ?? dialog.current)?.focus();
    // The browser gives the focus back to where it was when a dialog is closed, not when it is taken away.
    return () => opener?.focus({ preventScroll: true });
  }, []);
  return (
    <dialog
      ref={dialog}
      tabIndex={-1}
      class={wide ? "dialog wide" : "dialog"}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <header class="dialog-head">
        <h2 id={id}>{title}</h2>
        <Button kind="quiet" label={t("common.close")} onClick={onClose}>
          ✕
        </Button>
      </header>
      {children}
    </dialog>
  );
}
