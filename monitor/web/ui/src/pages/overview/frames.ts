/** One frame and one label for an outage, instead of many cells that shout. Pure. */

import { Look } from "../../draw/looks";
import type { Frame } from "../../draw/names";
import type { OutageNow } from "../../types";
import type { Field } from "./field";

/** From so many watches on an outage is told by a frame; a single point is its own sign. */
const FEWEST = 2;

/** The frames around what the open outages have taken, the largest outage first. */
export function framesOf(
  field: Field,
  outages: readonly OutageNow[],
  label: (outage: OutageNow) => string,
): Frame[] {
  return outages
    .filter((outage) => outage.phase !== "closed" && outage.kind !== "observer" && outage.affected >= FEWEST)
    .sort((a, b) => b.affected - a.affected)
    .map((outage) => ({ towns: townsOf(field, outage), label: label(outage), look: lookOf(outage) }))
    .filter((frame) => frame.towns.length > 0);
}

function lookOf(outage: OutageNow): Look {
  return outage.excluded ? Look.maintenance : Look.down;
}

/** The towns of an outage: that of its root, or those of its county or city in which something is down. */
function townsOf(field: Field, outage: OutageNow): number[] {
  const own = field.towns.findIndex((town) => town.code === outage.region);
  if (own >= 0) return [own];
  const county = field.counties.findIndex((each) => each.code === outage.region);
  return field.towns.flatMap((town, number) => {
    const inside = county < 0 || town.county === county;
    return inside && broken(field, number) > 0 ? [number] : [];
  });
}

function broken(field: Field, town: number): number {
  return (
    field.ofTown(town, Look.down) + field.ofTown(town, Look.upstream) + field.ofTown(town, Look.maintenance)
  );
}
