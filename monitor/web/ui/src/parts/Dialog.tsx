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

/** Above the page until it is closed (Esc). The browser keeps the focus inside and gives it back. */
export function Dialog({ title, children, onClose, wide }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
    // Not the button that closes it, which the browser would choose.
    (dialog.current?.querySelector<HTMLElement>("[autofocus]") ?? dialog.current)?.focus();
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
