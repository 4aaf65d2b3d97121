/** Colours as the 32-bit pixels of an `ImageData` (little-endian: 0xAABBGGRR). */

export type Pixel = number;

export const CLEAR: Pixel = 0;

/** A pixel of `#rgb` or `#rrggbb`, opaque. Throws on anything else: a theme with a typing error is no theme. */
export function pixelOf(text: string): Pixel {
  const digits = text.trim().replace(/^#/, "");
  const long = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  if (!/^[0-9a-f]{6}$/i.test(long)) throw new Error(`not a colour: ${text}`);
  const value = Number.parseInt(long, 16);
  return pack(value >> 16, (value >> 8) & 0xff, value & 0xff, 0xff);
}

export function pack(red: number, green: number, blue: number, alpha: number): Pixel {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** `over` upon `under` with a coverage from 0 to 1. Where `under` is clear, the coverage becomes the alpha. */
export function mix(under: Pixel, over: Pixel, coverage: number): Pixel {
  if (coverage <= 0) return under;
  if (coverage >= 1) return over;
  if (under >>> 24 === 0) return ((over & 0xffffff) | (Math.round(255 * coverage) << 24)) >>> 0;
  const part = (shift: number): number => {
    const low = (under >>> shift) & 0xff;
    return Math.round(low + (((over >>> shift) & 0xff) - low) * coverage);
  };
  return pack(part(0), part(8), part(16), 0xff);
}
