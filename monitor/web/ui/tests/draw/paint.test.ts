import { describe, expect, test } from "vitest";
import { CLEAR, mix, pack, pixelOf } from "../../src/draw/colour";
import { LOOKS, Look, lookOf, louder } from "../../src/draw/looks";
import { Raster } from "../../src/draw/raster";
import { coverage, gapOf, SMALLEST_SHAPE, spritesOf } from "../../src/draw/shapes";

const INKS = ["#2f5d50", "#e0a83a", "#ff5a4f", "#a8544e", "#5b6472", "#4f7fb5"].map(pixelOf);
const GROUND = pixelOf("#151c24");

describe("looks", () => {
  test("follow state, upstream and maintenance", () => {
    expect(lookOf(3, false, false)).toBe(Look.up);
    expect(lookOf(2, false, false)).toBe(Look.degraded);
    expect(lookOf(1, false, false)).toBe(Look.down);
    expect(lookOf(1, true, false)).toBe(Look.upstream);
    expect(lookOf(0, false, false)).toBe(Look.unknown);
    expect(lookOf(1, true, true)).toBe(Look.maintenance);
  });

  test("keep upstream to what is down", () => expect(lookOf(3, true, false)).toBe(Look.up));

  test("let the louder win: nothing hides what is down by itself", () => {
    for (const look of Object.values(Look)) {
      expect(louder(look, Look.down)).toBe(Look.down);
      expect(louder(Look.down, look)).toBe(Look.down);
      expect(louder(look, Look.up)).toBe(look);
    }
  });
});

describe("colours", () => {
  test("become pixels in the order of an ImageData", () => {
    const pixels = new Uint32Array([pixelOf("#ff5a4f")]);
    expect([...new Uint8Array(pixels.buffer)]).toEqual([0xff, 0x5a, 0x4f, 0xff]);
    expect(pixelOf("#abc")).toBe(pixelOf("#aabbcc"));
  });

  test("refuse what is none", () => expect(() => pixelOf("rot")).toThrow("not a colour: rot"));

  test("mix over a ground and over nothing", () => {
    expect(mix(pixelOf("#000000"), pixelOf("#ffffff"), 0.5)).toBe(pack(128, 128, 128, 255));
    expect(mix(CLEAR, pixelOf("#ff0000"), 0.5)).toBe(pack(255, 0, 0, 128));
    expect(mix(GROUND, pixelOf("#ff0000"), 0)).toBe(GROUND);
    expect(mix(GROUND, pixelOf("#ff0000"), 1)).toBe(pixelOf("#ff0000"));
  });
});

describe("shapes", () => {
  test.each([SMALLEST_SHAPE, 9, 16, 40])(
    "of %i pixels differ from each other without their colour",
    (size) => {
      const seen = LOOKS.map((_, look) => {
        let text = "";
        for (let row = 0; row < size; row++) {
          for (let column = 0; column < size; column++) {
            text += coverage(look as Look, column, row, size) > 0.5 ? "#" : ".";
          }
        }
        return text;
      });
      expect(new Set(seen).size).toBe(LOOKS.length);
    },
  );

  test("are what their names say", () => {
    const size = 20;
    expect(coverage(Look.up, 0, 0, size)).toBe(1);
    expect(coverage(Look.degraded, 18, 1, size)).toBe(0);
    expect(coverage(Look.degraded, 1, 18, size)).toBe(1);
    expect(coverage(Look.down, 10, 10, size)).toBe(1);
    expect(coverage(Look.down, 10, 0, size)).toBe(0);
    expect(coverage(Look.unknown, 10, 10, size)).toBe(0);
    expect(coverage(Look.maintenance, 10, 10, size)).toBe(0);
    expect(coverage(Look.maintenance, 10, 1, size)).toBeGreaterThan(0.9);
    expect(coverage(Look.maintenance, 0, 0, size)).toBe(0);
  });

  test("are full colour where they would be a blur", () => {
    expect(coverage(Look.down, 1, 0, SMALLEST_SHAPE - 1)).toBe(1);
  });
});

describe("sprites", () => {
  test("leave the gap as ground", () => {
    const gap = gapOf(10);
    const [up] = spritesOf(INKS, 10, gap, GROUND);
    expect(gap).toBe(1);
    expect(up?.pixels[0]).toBe(INKS[0]);
    expect(up?.pixels[9]).toBe(GROUND);
    expect(up?.pixels[99]).toBe(GROUND);
  });

  test("have no gap where cells are tiny", () => expect(gapOf(3)).toBe(0));
});

describe("the raster", () => {
  const [up] = spritesOf(INKS, 4, 0, GROUND);
  const sprite = up as NonNullable<typeof up>;

  test("copies a sprite and nothing beside it", () => {
    const raster = new Raster(10, 10);
    raster.fill(GROUND);
    raster.put(sprite, 3, 5);
    expect(raster.pixels.filter((pixel) => pixel === INKS[0])).toHaveLength(16);
    expect(raster.pixels[5 * 10 + 3]).toBe(INKS[0]);
    expect(raster.pixels[5 * 10 + 7]).toBe(GROUND);
  });

  test.each([
    [-2, -1, 6],
    [8, 8, 4],
    [-9, 3, 0],
    [3, 10, 0],
    [10, 0, 0],
  ])("cuts a sprite at %i, %i to %i pixels", (x, y, left) => {
    for (const method of ["put", "lay"] as const) {
      const raster = new Raster(10, 10);
      raster[method](sprite, x, y);
      expect(raster.pixels.filter((pixel) => pixel !== 0)).toHaveLength(left);
    }
  });

  test("lays no transparent pixel over another cell", () => {
    const [, , down] = spritesOf(INKS, 8, 0);
    const raster = new Raster(8, 8);
    raster.fill(INKS[0] as number);
    raster.lay(down as NonNullable<typeof down>, 0, 0);
    expect(raster.pixels[4]).toBe(INKS[0]);
    expect(raster.pixels[4 * 8 + 4]).toBe(INKS[2]);
  });

  test("clips rectangles to its frame", () => {
    const raster = new Raster(10, 10);
    expect(raster.clip({ x: -2, y: 4, width: 5, height: 9 })).toEqual({ x: 0, y: 4, width: 3, height: 6 });
    expect(raster.clip({ x: 10, y: 0, width: 5, height: 5 })).toBeNull();
  });
});
