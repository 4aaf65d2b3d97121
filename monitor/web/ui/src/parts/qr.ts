/** A QR code as a drawing. Made here: what it holds leaves this page for nobody. Pure. */
import { encode } from "uqr";

/** Modules of quiet around it (ISO/IEC 18004 §6.3.8). */
const QUIET = 4;

export interface Qr {
  /** Modules of a side, the quiet ones too. */
  side: number;
  /** The dark modules as one path of unit squares. */
  path: string;
}

/** Can still be read with 15 % of it lost: cameras of phones look at shining screens. */
export function qrOf(text: string): Qr {
  const { data, size } = encode(text, { ecc: "M", border: QUIET });
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])));
  return { side: size, path: dark.join("") };
}
