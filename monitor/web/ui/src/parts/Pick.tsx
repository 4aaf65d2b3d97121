import { useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { Button } from "./Button";
import "../styles/pick.css";

export interface PickProps {
  label: string;
  /** Endings of names, as `.csv,.xlsx`. */
  accept: string;
  busy?: boolean;
  onPick: (file: File) => void;
}

/** A file by a button, or dropped here. */
export function Pick({ label, accept, busy, onPick }: PickProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);

  function take(files: FileList | null | undefined): void {
    const file = files?.[0];
    if (file !== undefined) onPick(file);
    if (input.current !== null) input.current.value = ""; // the same file may be chosen again
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the mouse; the button does the same
    <div
      class={isOver ? "pick over" : "pick"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <input
        ref={input}
        type="file"
        class="unseen"
        accept={accept}
        tabIndex={-1}
        aria-label={label}
        onChange={(event) => take(event.currentTarget.files)}
      />
      <Button busy={busy} onClick={() => input.current?.click()}>
        {label}
      </Button>
      <span class="second">{t("common.or_drop")}</span>
    </div>
  );
}
