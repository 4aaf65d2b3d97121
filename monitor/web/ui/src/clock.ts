/** One clock for all pages: it ticks each second and goes by the server's time, not by this machine's. */
import { computed, signal } from "@preact/signals";

/** Milliseconds by which the server's clock is ahead of this machine's. */
const ahead = signal(0);

const ticked = signal(Date.now());

/** Starts the clock; what is given back stops it. */
export function startClock(): () => void {
  const timer = setInterval(() => {
    ticked.value = Date.now();
  }, 1000);
  return () => clearInterval(timer);
}

/** The server says what time it is. Less than a second of difference is the way of the message. */
export function setClock(time: string): void {
  const difference = Date.parse(time) - Date.now();
  if (Math.abs(difference - ahead.value) > 1000) ahead.value = difference;
}

/** The server's time in milliseconds, anew each second. */
export const now = computed(() => ticked.value + ahead.value);

/** The site's time zone. */
export const zone = signal("Asia/Shanghai");
