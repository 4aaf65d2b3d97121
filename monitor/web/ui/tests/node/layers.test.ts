import { expect, test } from "vitest";
import { stepsOf } from "../../src/pages/node/layers";
import type { Layer, LayerName } from "../../src/types";

const known = (layer: LayerName, probe: string): Layer => ({ layer, probe, network: "video" }) as Layer;

const told = (layers: readonly Layer[], isCamera: boolean) =>
  stepsOf(layers, isCamera).map((step) => [step.layer, step.known?.probe ?? null]);

test("layers stand from the bottom up, whatever their probes are called", () => {
  const layers = [known("registration", "mqtt"), known("service", "http"), known("reach", "ping")];
  expect(told([...layers, known("service", "rtsp")], true)).toEqual([
    ["reach", "ping"],
    ["service", "http"],
    ["service", "rtsp"],
    ["registration", "mqtt"],
  ]);
});

test("a camera shows which of the two layers that tell a line from a device is not asked", () => {
  expect(told([known("service", "rtsp")], true)).toEqual([
    ["reach", null],
    ["service", "rtsp"],
  ]);
  expect(told([known("service", "rtsp")], false)).toEqual([["service", "rtsp"]]);
  expect(told([], true)).toEqual([]);
});
