import { expect, test, vi } from "vitest";
import type { OutageNow } from "../../src/types";

vi.stubGlobal("location", { hash: "" });
vi.stubGlobal("window", { addEventListener: () => undefined });
const { careText, outageLook, outageName } = await import("../../src/parts/outage");

const ALONE = { acked_by: null, assigned_to: null };

test("an outage that is over waits for nobody any more", () => {
  expect(careText(ALONE)).toBe("待确认");
  expect(careText(ALONE, true)).toBe("结束前无人确认");
  expect(careText({ acked_by: "王五", assigned_to: "李四" }, true)).toBe("王五 已确认 · 指派给 李四");
});

test("who does not look is named in words", () => {
  const outage = { kind: "observer", root: "video-1of4", name: "video-1of4" } as OutageNow;
  expect(outageName(outage)).toBe("观测中断：video采集 第 2/4 片");
});

test("an outage is drawn as what it is now", () => {
  const open = { phase: "opened", kind: "node", excluded: "" } as const;
  expect(outageLook(open)).toBe("down");
  expect(outageLook({ ...open, kind: "observer" })).toBe("unknown");
  expect(outageLook({ ...open, excluded: "W1" })).toBe("maintenance");
  expect(outageLook({ ...open, excluded: "W1", phase: "closed" })).toBe("up");
});
