/** How old a verdict may be. Pure. */
import type { Layer } from "../../types";

/** Seconds between two writings of a collector: before the next one nobody here can know more. */
const WRITTEN_EVERY = 10;

/** Older than twice its interval: nobody knows whether it still holds. `age` in seconds. */
export function isOld(layer: Pick<Layer, "every">, age: number | null): boolean {
  return age !== null && layer.every !== null && age > 2 * Math.max(layer.every, WRITTEN_EVERY);
}
