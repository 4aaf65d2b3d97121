import { describe, expect, test } from "vitest";
import { Look } from "../../src/draw/looks";
import { applyBlame, applyChange, type Cells, cellsOf } from "../../src/live/cells";
import { Areas } from "../../src/pages/overview/areas";
import { Field } from "../../src/pages/overview/field";
import { framesOf } from "../../src/pages/overview/frames";
import type { Board, OutageNow, Region } from "../../src/types";

const REGIONS: Region[] = [
  { code: "440900", name: "茂名市", parent: "", level: "city" },
  { code: "440902", name: "茂南区", parent: "440900", level: "county" },
  { code: "440983", name: "信宜市", parent: "440900", level: "county" },
  { code: "440902001", name: "红旗街道", parent: "440902", level: "town" },
  { code: "440983101", name: "镇隆镇", parent: "440983", level: "town" },
  { code: "440983102", name: "水口镇", parent: "440983", level: "town" },
  { code: "440983101200", name: "某村", parent: "440983101", level: "village" },
];

interface Row {
  id: string;
  region: string;
  network?: string;
  state?: number;
  point?: number;
  place?: [number, number];
}

function boardOf(rows: readonly Row[]): Cells {
  const networks = ["video", "police"];
  const regions = [...new Set(rows.map((row) => row.region))];
  const none = rows.map(() => 0);
  const board: Board = {
    event: "a-1",
    time: "2026-11-26T00:00:00.000Z",
    inventory: "x",
    networks,
    regions,
    contractors: [""],
    causes: ["ok", "no_reply"],
    kinds: ["camera"],
    id: rows.map((row) => row.id),
    name: rows.map((row) => row.id),
    network: rows.map((row) => networks.indexOf(row.network ?? "video")),
    region: rows.map((row) => regions.indexOf(row.region)),
    kind: none,
    point_class: rows.map((row) => row.point ?? 1),
    contractor: none,
    state: rows.map((row) => row.state ?? 3),
    cause: none,
    since: none,
    lon: rows.map((row) => row.place?.[0] ?? null),
    lat: rows.map((row) => row.place?.[1] ?? null),
    upstream: [],
    excluded: [],
  };
  return cellsOf(board);
}

const ROWS: Row[] = [
  { id: "z1", region: "440983101" },
  { id: "switch", region: "440983101", point: 0 },
  { id: "h1", region: "440902001" },
  { id: "z2", region: "440983101200" },
  { id: "lost", region: "" },
  { id: "z1", region: "440983101", network: "police" },
  { id: "s1", region: "440983102" },
  { id: "county", region: "440983" },
];

describe("the field of points", () => {
  const cells = boardOf(ROWS);
  const field = new Field(cells, REGIONS);

  test("has a cell per point, and none for a switch", () => {
    expect(field.size).toBe(6);
    expect(field.cellOf(1)).toBe(-1);
    expect(field.cellOf(0)).toBe(field.cellOf(5));
  });

  test("goes by county and town; villages belong to their town, what lies nowhere comes last", () => {
    expect(field.counties.map((county) => county.name)).toEqual(["茂南区", "信宜市", ""]);
    expect(field.towns.map((town) => [town.name, town.county, town.first, town.count])).toEqual([
      ["红旗街道", 0, 0, 1],
      ["信宜市", 1, 1, 1],
      ["镇隆镇", 1, 2, 2],
      ["水口镇", 1, 4, 1],
      ["", 2, 5, 1],
    ]);
  });

  test("shows all nodes where there are no points", () => {
    const site = boardOf(ROWS.map((row) => ({ ...row, point: 0 })));
    expect(new Field(site, REGIONS).size).toBe(7);
  });

  test("takes an empty board", () => {
    const none = new Field(boardOf([]), REGIONS);
    expect([none.size, none.towns.length, none.nextTrouble(0)]).toEqual([0, 0, -1]);
  });
});

describe("a change of the board", () => {
  function started(): { cells: Cells; field: Field } {
    const cells = boardOf(ROWS);
    return { cells, field: new Field(cells, REGIONS) };
  }

  const gone = { node: "z2", network: "video", name: "", old: 3, new: 1, cause: "no_reply", since: 1000 };

  test("turns one cell, and moves the counts of its town and county with it", () => {
    const { cells, field } = started();
    expect(field.update([applyChange(cells, gone)])).toEqual([3]);
    expect(field.looks[3]).toBe(Look.down);
    expect(field.ofTown(2, Look.down)).toBe(1);
    expect(field.ofCounty(1, Look.down)).toBe(1);
    expect(field.ofCounty(0, Look.down)).toBe(0);
    expect(field.ofAll(Look.up)).toBe(5);
  });

  test("turns nothing when it is not seen", () => {
    const { cells, field } = started();
    expect(field.update([applyChange(cells, { ...gone, node: "switch" })])).toEqual([]);
    expect(field.update([applyChange(cells, { ...gone, new: 3 })])).toEqual([]);
  });

  test("becomes quiet when it is another's fault", () => {
    const { cells, field } = started();
    field.update([applyChange(cells, gone)]);
    const blamed = applyBlame(cells, { node: "z2", network: "video", upstream: true, outage: "o" });
    expect(field.update([blamed])).toEqual([3]);
    expect(field.looks[3]).toBe(Look.upstream);
  });

  test("shows the louder of two networks, and says which one it is", () => {
    const { cells, field } = started();
    const row = applyChange(cells, { ...gone, node: "z1", network: "police" });
    expect(field.update([row])).toEqual([2]);
    expect(field.rowOf(2)).toBe(5);
    field.update([applyChange(cells, { ...gone, node: "z1", network: "police", new: 3 })]);
    expect(field.looks[2]).toBe(Look.up);
  });

  test("is where the key for the next trouble leads, around the end", () => {
    const { cells, field } = started();
    field.update([applyChange(cells, gone)]);
    expect(field.nextTrouble(0)).toBe(3);
    expect(field.nextTrouble(3)).toBe(3);
    expect(field.nextTrouble(4)).toBe(3);
  });
});

describe("positions", () => {
  test("are projected, and unknown ones stay unknown", () => {
    const field = new Field(
      boardOf([
        { id: "a", region: "", place: [110.9, 21.6] },
        { id: "b", region: "" },
      ]),
      [],
    );
    const spots = field.spots();
    expect(spots[0]).toBeCloseTo(110.9 / 360 + 0.5, 12);
    expect(spots[2]).toBeNaN();
    expect(spots[3]).toBeNaN();
  });
});

describe("areas", () => {
  const areas = new Areas(REGIONS);

  test("of a list without levels go by depth", () => {
    const plain = new Areas(REGIONS.map((region) => ({ ...region, level: null })));
    expect(plain.of("440983101200")).toEqual(areas.of("440983101200"));
  });

  test("of a code that is not listed are itself", () => {
    expect(areas.of("999").town).toEqual({ code: "999", name: "999" });
  });

  test("do not go round in circles", () => {
    const round = new Areas([
      { code: "a", name: "a", parent: "b", level: null },
      { code: "b", name: "b", parent: "a", level: null },
    ]);
    expect(round.of("a").town.code).toBe("a");
  });
});

describe("frames", () => {
  const outage = {
    id: "o",
    phase: "opened",
    kind: "node",
    region: "440983101",
    name: "镇交换机",
    affected: 3,
    excluded: "",
  } as OutageNow;
  const label = (place: string, each: OutageNow) => `${place} ${each.affected}`;
  const down = (...ids: string[]) =>
    new Field(boardOf(ROWS.map((row) => ({ ...row, state: ids.includes(row.id) ? 1 : 3 }))), REGIONS);

  test("stand around the town of an outage, with one label", () => {
    const [frame, ...others] = framesOf(down("z1", "z2"), [outage], label);
    expect(frame).toEqual({ towns: [2], county: -1, label: "镇隆镇 3", look: Look.down });
    expect(others).toEqual([]);
  });

  test("of a county hold the towns in which something is down, or all of it where that is most of them", () => {
    const county = { ...outage, region: "440983" };
    expect(framesOf(down("s1"), [county], label)[0]).toMatchObject({
      towns: [3],
      county: -1,
      label: "信宜市 3",
    });
    expect(framesOf(down("s1", "z2"), [county], label)[0]).toMatchObject({ towns: [2, 3], county: 1 });
  });

  test("of the city hold the towns in which something is down", () => {
    const city = { ...outage, region: "440900", name: "市核心" };
    expect(framesOf(down("s1"), [city], label)[0]).toMatchObject({
      towns: [3],
      county: -1,
      label: "市核心 3",
    });
  });

  test("do not stand around a town twice: the larger outage has it", () => {
    const county = { ...outage, region: "440983", affected: 50 };
    const frames = framesOf(down("s1", "z1", "county"), [outage, county], label);
    expect(frames.map((frame) => frame.label)).toEqual(["信宜市 50"]);
  });

  test("are for outages of several that are open, the largest first; a blind collector has none", () => {
    const large = { ...outage, affected: 9, region: "440983102", excluded: "m1" };
    const others = [
      { ...outage, affected: 1 },
      { ...outage, phase: "closed" as const },
      { ...outage, kind: "observer" as const },
    ];
    const frames = framesOf(down(), [outage, ...others, large], label);
    expect(frames.map((frame) => [frame.label, frame.look])).toEqual([
      ["水口镇 9", Look.maintenance],
      ["镇隆镇 3", Look.down],
    ]);
  });
});
