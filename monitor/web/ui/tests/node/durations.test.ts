import { expect, test } from "vitest";
import { isAlone, linesOf, toldOf } from "../../src/pages/node/durations";

const PAST = {
  step: 10,
  times: [],
  probes: [
    { network: "video", probe: "ping", seconds: [0.002, null, 0.001] },
    { network: "police", probe: "tcp", seconds: [] },
    { network: "video", probe: "rtsp", seconds: [null, null, null] },
  ],
};

test("a network has the lines of its own probes, each with a look of its own", () => {
  const lines = linesOf(PAST, "video");
  expect(lines.map((each) => each.probe)).toEqual(["ping", "rtsp"]);
  expect(lines[0].look).not.toEqual(lines[1].look);
});

test("a line is told by its last, least and most, and by how often it had no answer", () => {
  const [ping, rtsp] = linesOf(PAST, "video").map(toldOf);
  expect(ping).toEqual({ last: 0.001, least: 0.001, most: 0.002, missing: 1 });
  expect(rtsp).toEqual({ last: null, least: null, most: null, missing: 3 });
});

test("an answer between gaps is drawn as a dot", () => {
  const seconds = [0.1, null, 0.2, null, null, 0.3, 0.4];
  expect(seconds.map((_, at) => isAlone(seconds, at))).toEqual([
    true,
    false,
    true,
    false,
    false,
    false,
    false,
  ]);
});
