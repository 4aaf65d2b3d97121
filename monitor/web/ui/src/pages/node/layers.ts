/** The ladder of a point: which layers it has, and how old a verdict may be. Pure. */
import type { Layer, LayerName } from "../../types";

/** From the bottom up: each says more than the one before it. */
const HEIGHTS: readonly LayerName[] = ["reach", "service", "login", "registration", "catalogue"];

/** Without both of these nobody can tell a lost line from a dead device. */
const TELLING: readonly LayerName[] = ["reach", "service"];

/** A step of the ladder: what is known there, or that nothing is asked. */
export type Step = { layer: LayerName; known: Layer | null };

/**
 * The layers of one network from the bottom up. What is not set up has a step where that explains something: a
 * camera that is asked in one way alone.
 */
export function stepsOf(layers: readonly Layer[], isCamera: boolean): Step[] {
  return HEIGHTS.flatMap((layer): Step[] => {
    const known = layers.filter((each) => each.layer === layer);
    if (known.length > 0) return known.map((each) => ({ layer, known: each }));
    const isMissed = isCamera && layers.length > 0 && TELLING.includes(layer);
    return isMissed ? [{ layer, known: null }] : [];
  });
}

/** Seconds between two writings of a collector: before the next one nobody here can know more. */
const WRITTEN_EVERY = 10;

/** Older than twice its interval: nobody knows whether it still holds. `age` in seconds. */
export function isOld(layer: Pick<Layer, "every">, age: number | null): boolean {
  return age !== null && layer.every !== null && age > 2 * Math.max(layer.every, WRITTEN_EVERY);
}
