import { beforeEach, describe, expect, test } from "vitest";
import { pixelOf } from "../../src/draw/colour";
import type { Town } from "../../src/draw/grid";
import { GridScene } from "../../src/draw/gridscene";
import { Look } from "../../src/draw/looks";
import { MapScene, scaleBar } from "../../src/draw/mapscene";
import { project } from "../../src/draw/mercator";
import { Raster } from "../../src/draw/raster";
import type { Scene, Tints } from "../../src/draw/scene";

const TINTS: Tints = {
  ground: "#151c24",
  line: "#243040",
  text: "#d8e0e8",
  quiet: "#8696a7",
  accent: "#5fb3d9",
  looks: ["#2f5d50", "#e0a83a", "#ff5a4f", "#a8544e", "#5b6472", "#4f7fb5"],
  font: "sans-serif",
};
const NAMES = { gutter: 60, county: () => "", trouble: () => "", town: () => "" };
const WIDTH = 900;
const HEIGHT = 500;

function middleOf(scene: Scene, cell: number): [number, number] {
  const { x, y, width, height } = scene.box(cell);
  return [x + width / 2, y + height / 2];
}

function painted(scene: Scene): Uint32Array {
  const raster = new Raster(WIDTH, HEIGHT);
  scene.paint(raster);
  return raster.pixels;
}

/** Pixel by pixel: `toEqual` takes seconds for a frame of a million. */
function isSame(one: Uint32Array, other: Uint32Array): boolean {
  return one.length === other.length && one.every((pixel, at) => pixel === other[at]);
}

describe("the heat grid as a scene", () => {
  const towns: Town[] = Array.from({ length: 60 }, (_, at) => ({
    county: Math.floor(at / 12),
    first: at * 50,
    count: 50,
  }));
  let looks: Uint8Array;
  let scene: GridScene;

  beforeEach(() => {
    looks = new Uint8Array(3000);
    scene = new GridScene(towns, looks, NAMES);
    scene.tint(TINTS);
    scene.resize(WIDTH, HEIGHT, 1);
  });

  test("shows everything at first, and each cell where it says", () => {
    expect(scene.whole).toBe(true);
    for (const cell of [0, 49, 50, 1234, 2999]) expect(scene.hit(...middleOf(scene, cell))).toBe(cell);
  });

  test.each([
    ["at first", () => undefined],
    ["zoomed", () => scene.zoom(3, 400, 250)],
    [
      "zoomed and moved",
      () => {
        scene.zoom(2.3, 100, 100);
        scene.pan(-133, -71);
      },
    ],
  ])("paints changed cells alone as if all were painted anew (%s)", (_, move) => {
    move();
    const raster = new Raster(WIDTH, HEIGHT);
    scene.paint(raster);
    const changed = [0, 7, 49, 50, 777, 1500, 1501, 2998];
    changed.forEach((cell, at) => {
      looks[cell] = 1 + (at % 5);
    });
    const rects = scene.repaint(raster, changed);
    expect(rects.length).toBeLessThanOrEqual(changed.length);
    expect(isSame(raster.pixels, painted(scene))).toBe(true);
  });

  test("names exactly the pixels that are to be shown again", () => {
    const raster = new Raster(WIDTH, HEIGHT);
    scene.paint(raster);
    const before = raster.pixels.slice();
    looks[1500] = Look.down;
    const [rect] = scene.repaint(raster, [1500]);
    const outside = [...raster.pixels.keys()].filter((at) => {
      const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
      const inside = x >= rect.x && x < rect.x + rect.width && y >= rect.y && y < rect.y + rect.height;
      return !inside && raster.pixels[at] !== before[at];
    });
    expect(outside).toEqual([]);
    expect(isSame(raster.pixels, before)).toBe(false);
  });

  test("repaints nothing that is out of sight", () => {
    scene.zoom(5, WIDTH, HEIGHT);
    expect(scene.repaint(new Raster(WIDTH, HEIGHT), [0])).toEqual([]);
  });

  test("keeps what is under the pointer there while it zooms", () => {
    const [x, y] = middleOf(scene, 1700);
    for (let step = 0; step < 8; step++) {
      scene.zoom(1.15, x, y);
      expect(scene.hit(x, y)).toBe(1700);
    }
    expect(scene.whole).toBe(false);
  });

  test("comes back to the whole", () => {
    const before = painted(scene);
    scene.zoom(4, 500, 300);
    scene.pan(50, 80);
    expect(isSame(painted(scene), before)).toBe(false);
    scene.reset();
    expect(isSame(painted(scene), before)).toBe(true);
  });

  test("cannot be moved off the frame", () => {
    expect(scene.pan(500, 500)).toBe(false);
    scene.zoom(4, 500, 300);
    scene.pan(-1e6, -1e6);
    expect(scene.box(2999).x).toBeLessThan(WIDTH);
    expect(scene.box(2999).y).toBeLessThan(HEIGHT);
  });

  test("brings a cell into sight", () => {
    scene.zoom(6, 0, 0);
    scene.reveal(2999);
    const { x, y, width, height } = scene.box(2999);
    expect(x >= 60 && y >= 0 && x + width <= WIDTH && y + height <= HEIGHT).toBe(true);
    expect(scene.reveal(2999)).toBe(false);
  });

  test("stays whole when the frame gets another size, and zoomed when it was", () => {
    scene.resize(700, 700, 1);
    expect(scene.whole).toBe(true);
    scene.zoom(3, 300, 300);
    const { pitch } = scene;
    scene.resize(720, 690, 1);
    expect(scene.pitch).toBe(pitch);
  });

  test("has no cells among the county names", () => expect(scene.hit(10, HEIGHT / 2)).toBe(-1));
});

describe("the map as a scene", () => {
  const places = [
    [110.9, 21.6],
    [110.91, 21.6],
    [111.2, 22.3],
    [Number.NaN, Number.NaN],
    [110.9, 21.6],
  ];
  const spots = Float64Array.from(
    places.flatMap(([lon, lat]) => {
      const { x, y } = project(lon, lat);
      return Number.isNaN(lon) ? [lon, lat] : [x, y];
    }),
  );
  let looks: Uint8Array;
  let scene: MapScene;

  beforeEach(() => {
    looks = new Uint8Array(places.length);
    scene = new MapScene(spots, looks, [], []);
    scene.tint(TINTS);
    scene.resize(WIDTH, HEIGHT, 1);
  });

  test("shows all that have a place, north above south", () => {
    for (const cell of [0, 1, 2, 4]) {
      const [x, y] = middleOf(scene, cell);
      expect(x > 0 && x < WIDTH && y > 0 && y < HEIGHT).toBe(true);
    }
    expect(scene.box(2).y).toBeLessThan(scene.box(0).y);
    expect(scene.box(2).x).toBeGreaterThan(scene.box(0).x);
  });

  test("points at the loudest of those that lie upon each other, and paints it on top", () => {
    const [x, y] = middleOf(scene, 0);
    looks[4] = Look.down;
    looks[0] = Look.unknown;
    expect(scene.hit(x, y)).toBe(4);
    expect(painted(scene)[Math.round(y) * WIDTH + Math.round(x)]).toBe(pixelOf(TINTS.looks[Look.down]));
    looks[4] = Look.up;
    expect(scene.hit(x, y)).toBe(0);
  });

  test("never points at what has no place", () => {
    expect(scene.hit(Number.NaN, 0)).toBe(-1);
    expect(scene.hit(WIDTH - 1, 1)).toBe(-1);
  });

  test("keeps what is under the pointer there while it zooms, and comes back", () => {
    const [x, y] = middleOf(scene, 1);
    scene.zoom(9, x, y);
    const [nowX, nowY] = middleOf(scene, 1);
    expect(Math.hypot(nowX - x, nowY - y)).toBeLessThan(3);
    expect(scene.whole).toBe(false);
    scene.zoom(1e-6, 3, 3);
    expect(scene.whole).toBe(true);
  });

  test("leads to the nearest dot in the arrow's direction, or stays", () => {
    expect(scene.step(0, 1, 0)).toBe(1);
    expect(scene.step(1, -1, 0)).toBe(0);
    expect(scene.step(0, 0, -1)).toBe(2);
    expect(scene.step(2, 0, -1)).toBe(2);
  });

  test("shows the whole outline", () => {
    const far = project(112, 20);
    const outlined = new MapScene(spots, looks, [Float64Array.of(far.x, far.y, spots[0], spots[1])], []);
    outlined.resize(WIDTH, HEIGHT, 1);
    expect(outlined.box(0).y).toBeLessThan(scene.box(0).y);
  });

  test("shows a single point too", () => {
    const alone = new MapScene(spots.slice(0, 2), new Uint8Array(1), [], []);
    alone.resize(WIDTH, HEIGHT, 1);
    expect(middleOf(alone, 0)).toEqual([WIDTH / 2, HEIGHT / 2]);
  });

  test.each([
    [100, "10 km"],
    [0.7, "50 m"],
    [17, "2 km"],
  ])("has a scale of a round length at %f m per pixel", (metres, text) => {
    const bar = scaleBar(metres, 120);
    expect(bar.text).toBe(text);
    expect(bar.length).toBeLessThanOrEqual(120);
  });
});
