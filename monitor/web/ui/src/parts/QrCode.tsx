import { useMemo } from "preact/hooks";
import { qrOf } from "./qr";
import "../styles/qr.css";

/** Dark on white in every theme: not all phones read the reverse. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { side, path } = useMemo(() => qrOf(text), [text]);
  return (
    <svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label}>
      <rect width={side} height={side} />
      <path d={path} />
    </svg>
  );
}
