/** One frame and one label for an outage, instead of many cells that shout. Pure. */

import { Look } from "../../draw/looks";
import type { Frame } from "../../draw/names";
import type { OutageNow } from "../../types";
import type { Field } from "./field";

/** From so many watches on an outage is told by a frame; a single point is its own sign. */
const FEWEST = 2;

/** The frames around what the open outages have taken, the largest outage first. A town is framed once. */
export function framesOf(
  field: Field,
  outages: readonly OutageNow[],
  label: (place: string, outage: OutageNow) => string,
): Frame[] {
  const framed = new Set<number>();
  return outages
    .filter((outage) => outage.phase !== "closed" && outage.kind !== "observer" && outage.affected >= FEWEST)
    .sort((a, b) => b.affected - a.affected)
    .flatMap((outage) => {
      const frame = frameOf(field, outage, label);
      const towns = frame.towns.filter((town) => !framed.has(town));
      for (const town of towns) framed.add(town);
      return towns.length > 0 ? [{ ...frame, towns }] : [];
    });
}

function frameOf(
  field: Field,
  outage: OutageNow,
  label: (place: string, outage: OutageNow) => string,
): Frame {
  const look: Look = outage.excluded ? Look.maintenance : Look.down;
  const town = field.towns.findIndex((each) => each.code === outage.region);
  if (town >= 0 && field.counties.every((each) => each.code !== outage.region)) {
    return { towns: [town], county: -1, look, label: label(field.towns[town].name, outage) };
  }
  const county = field.counties.findIndex((each) => each.code === outage.region);
  const place = field.counties[county]?.name ?? outage.name;
  return { ...brokenIn(field, county), look, label: label(place, outage) };
}

/** The towns of a county (-1: of all) in which something is down; the county as a whole where most of them are. */
function brokenIn(field: Field, county: number): Pick<Frame, "towns" | "county"> {
  const all = field.towns.flatMap((town, number) => (county < 0 || town.county === county ? [number] : []));
  const towns = all.filter((number) => broken(field, number) > 0);
  return { towns, county: towns.length * 2 > all.length ? county : -1 };
}

function broken(field: Field, town: number): number {
  return (
    field.ofTown(town, Look.down) + field.ofTown(town, Look.upstream) + field.ofTown(town, Look.maintenance)
  );
}
