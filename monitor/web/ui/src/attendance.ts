/** Whether somebody sits before the page: what it reads by itself must not keep a session alive. */

/** Milliseconds for which a person counts as there after a key, a click or a touch. */
export const WITHIN = 65_000;

const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "touchstart"] as const;

let seenAt = Date.now(); // opening the page was somebody's doing

/** Watch for a person from now on. */
export function startAttendance(target: EventTarget = window): void {
  for (const sign of SIGNS) target.addEventListener(sign, seen, { passive: true });
}

function seen(): void {
  seenAt = Date.now();
}

export function isAttended(): boolean {
  return Date.now() - seenAt < WITHIN;
}
