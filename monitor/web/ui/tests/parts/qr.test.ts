import { expect, test } from "vitest";
import { qrOf } from "../../src/parts/qr";

test("a code has its three finders within four quiet modules, and is the same each time", () => {
  const { side, path } = qrOf("otpauth://totp/Quanshi:op?secret=JBSWY3DPEHPK3PXP");
  expect((side - 8 - 17) % 4).toBe(0);
  const dark = new Set(path.match(/M\d+ \d+/g));
  for (const [x, y] of [
    [4, 4],
    [side - 11, 4],
    [4, side - 11],
  ]) {
    for (let step = 0; step < 7; step += 1) expect(dark).toContain(`M${x + step} ${y}`);
    expect(dark).not.toContain(`M${x + 1} ${y + 1}`);
    expect(dark).toContain(`M${x + 3} ${y + 3}`);
  }
  expect(dark).not.toContain("M3 3");
  expect(qrOf("otpauth://totp/Quanshi:op?secret=JBSWY3DPEHPK3PXP").path).toBe(path);
});
