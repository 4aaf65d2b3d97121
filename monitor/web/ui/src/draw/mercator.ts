/** The map's projection: Mercator, without tiles; and the outlines of a GeoJSON document. Pure. */

export interface Spot {
  x: number;
  y: number;
}

export interface Bounds {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Beyond this latitude Mercator's square world ends. */
const LAST_LATITUDE = 85.05112878;

/** Degrees to the square world, 0 … 1 from west to east and from north to south. */
export function project(lon: number, lat: number): Spot {
  const bounded = Math.max(-LAST_LATITUDE, Math.min(LAST_LATITUDE, lat));
  const sine = Math.sin((bounded * Math.PI) / 180);
  return {
    x: lon / 360 + 0.5,
    y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI),
  };
}

/** And back. */
export function unproject({ x, y }: Spot): { lon: number; lat: number } {
  return {
    lon: (x - 0.5) * 360,
    lat: (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI,
  };
}

/** Metres on the ground per unit of the square world at a latitude. */
export function metresPerWorld(lat: number): number {
  return 40_075_016.686 * Math.cos((lat * Math.PI) / 180);
}

/** The smallest box around all spots, or null without any. */
export function boundsOf(spots: Iterable<Spot>): Bounds | null {
  let bounds: Bounds | null = null;
  for (const { x, y } of spots) {
    if (bounds === null) bounds = { left: x, top: y, right: x, bottom: y };
    bounds.left = Math.min(bounds.left, x);
    bounds.right = Math.max(bounds.right, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

/** Rings of projected spots: `x` and `y` alternate. */
export type Ring = Float64Array;

/**
 * The rings of all polygons and lines of a GeoJSON document (RFC 7946), projected. What is no polygon or line, and
 * positions that are no numbers, are left out: an outline is decoration, and never stops the map.
 */
export function ringsOf(document: unknown): Ring[] {
  const rings: Ring[] = [];
  collect(document, rings);
  return rings;
}

function collect(value: unknown, rings: Ring[]): void {
  if (!isObject(value)) return;
  const { type } = value;
  if (type === "FeatureCollection") each(value.features, (feature) => collect(feature, rings));
  else if (type === "Feature") collect(value.geometry, rings);
  else if (type === "GeometryCollection") each(value.geometries, (part) => collect(part, rings));
  else if (type === "LineString") addRing(value.coordinates, rings);
  else if (type === "Polygon" || type === "MultiLineString") {
    each(value.coordinates, (ring) => addRing(ring, rings));
  } else if (type === "MultiPolygon") {
    each(value.coordinates, (polygon) => each(polygon, (ring) => addRing(ring, rings)));
  }
}

function addRing(positions: unknown, rings: Ring[]): void {
  const numbers: number[] = [];
  each(positions, (position) => {
    if (!Array.isArray(position)) return;
    const [lon, lat] = position as unknown[];
    if (typeof lon !== "number" || typeof lat !== "number") return;
    const spot = project(lon, lat);
    numbers.push(spot.x, spot.y);
  });
  if (numbers.length >= 4) rings.push(Float64Array.from(numbers));
}

function each(values: unknown, use: (value: unknown) => void): void {
  if (Array.isArray(values)) for (const value of values) use(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
