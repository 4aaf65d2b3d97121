import { describe, expect, test } from "vitest";
import { boundsOf, metresPerWorld, project, ringsOf, unproject } from "../../src/draw/mercator";

describe("the projection", () => {
  test("puts the crossing of equator and prime meridian in the middle", () => {
    expect(project(0, 0).x).toBeCloseTo(0.5, 12);
    expect(project(0, 0).y).toBeCloseTo(0.5, 12);
  });

  test("puts Maoming where the tiles of the web have it (zoom 8: column 206, row 112)", () => {
    const { x, y } = project(110.92, 21.66);
    expect(Math.floor(x * 256)).toBe(206);
    expect(Math.floor(y * 256)).toBe(112);
  });

  test("comes back to the same degrees", () => {
    for (const [lon, lat] of [
      [110.9, 21.6],
      [-70.1, -33.4],
      [179.9, 84],
    ] as const) {
      const back = unproject(project(lon, lat));
      expect(back.lon).toBeCloseTo(lon, 9);
      expect(back.lat).toBeCloseTo(lat, 9);
    }
  });

  test("keeps shapes: a kilometre east is as long as a kilometre north", () => {
    const here = project(110.9, 21.6);
    const north = project(110.9, 21.6 + 1 / 110.574);
    const east = project(110.9 + 1 / (111.32 * Math.cos((21.6 * Math.PI) / 180)), 21.6);
    expect((east.x - here.x) / (here.y - north.y)).toBeCloseTo(1, 1);
    expect((east.x - here.x) * metresPerWorld(21.6)).toBeCloseTo(1000, -1);
  });

  test("holds the poles off", () => {
    expect(project(0, 90).y).toBeCloseTo(0, 6);
    expect(project(0, -90).y).toBeCloseTo(1, 6);
  });
});

describe("bounds", () => {
  test("of nothing are nothing", () => expect(boundsOf([])).toBeNull());

  test("hold all spots", () => {
    expect(
      boundsOf([
        { x: 3, y: 4 },
        { x: 1, y: 9 },
        { x: 2, y: 5 },
      ]),
    ).toEqual({
      left: 1,
      top: 4,
      right: 3,
      bottom: 9,
    });
  });
});

describe("outlines", () => {
  const square = [
    [110, 21],
    [111, 21],
    [111, 22],
    [110, 21],
  ];

  test("come from polygons, many polygons, lines and collections", () => {
    const document = {
      type: "FeatureCollection",
      features: [
        { type: "Feature", geometry: { type: "Polygon", coordinates: [square, square] } },
        { type: "Feature", geometry: { type: "MultiPolygon", coordinates: [[square], [square]] } },
        {
          type: "Feature",
          geometry: {
            type: "GeometryCollection",
            geometries: [
              { type: "LineString", coordinates: square },
              { type: "MultiLineString", coordinates: [square] },
            ],
          },
        },
      ],
    };
    const rings = ringsOf(document);
    expect(rings).toHaveLength(6);
    expect(rings[0]).toHaveLength(8);
    expect(rings[0]?.[0]).toBeCloseTo(110 / 360 + 0.5, 12);
  });

  test("leave out what they cannot draw", () => {
    expect(ringsOf(null)).toEqual([]);
    expect(ringsOf({ type: "FeatureCollection", features: [null, 7, { type: "Feature" }] })).toEqual([]);
    expect(ringsOf({ type: "Polygon", coordinates: [[["a", 1], [1]], "x", [[1, 2]]] })).toEqual([]);
    expect(ringsOf({ type: "Point", coordinates: [1, 2] })).toEqual([]);
  });
});
