/** Which county and town a region belongs to. Pure. */

import type { Region } from "../../types";

/** A region as it is shown. */
export interface Area {
  code: string;
  name: string;
}

/** What lies in no region: no code, no name; whoever shows it finds a word. */
export const NOWHERE: Area = { code: "", name: "" };

export class Areas {
  private readonly byCode: ReadonlyMap<string, Region>;

  constructor(regions: readonly Region[]) {
    this.byCode = new Map(regions.map((region) => [region.code, region]));
  }

  name(code: string): string {
    return this.byCode.get(code)?.name ?? code;
  }

  isCounty(code: string): boolean {
    const path = this.path(code);
    const level = path.at(-1)?.level ?? null;
    return level === null ? path.length === 2 : level === "county";
  }

  /**
   * The county and the town of a region. What lies in a county directly, or in the city, makes a "town" of the
   * same name, so that no point is without a place.
   */
  of(code: string): { county: Area; town: Area } {
    const path = this.path(code);
    if (path.length === 0) return { county: NOWHERE, town: NOWHERE };
    const county = path.find((each) => each.level === "county") ?? byDepth(path, 1);
    const town = path.find((each) => each.level === "town") ?? byDepth(path, 2);
    return { county: area(county), town: area(town) };
  }

  /** From the outermost region to this one. A code that is not in the list stands for itself. */
  private path(code: string): Region[] {
    const path: Region[] = [];
    for (let at = code; at !== "" && !path.some((each) => each.code === at); ) {
      const region = this.byCode.get(at) ?? { code: at, name: at, parent: "", level: null };
      path.unshift(region);
      at = region.parent;
    }
    return path;
  }
}

/** For lists that do not say levels: the outermost is the city, the next a county, the next a town. */
function byDepth(path: readonly Region[], depth: number): Region {
  return path[Math.min(depth, path.length - 1)];
}

function area({ code, name }: Region): Area {
  return { code, name };
}
