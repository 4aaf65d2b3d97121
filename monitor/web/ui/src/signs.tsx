/** The same few signs everywhere: a shape, a colour and a word for each state (docs/design.md §11). */
import { causeText, t } from "./i18n";
import { DEGRADED, DOWN, UP } from "./live/cells";
import type { Shown } from "./types";

export { causeText, kindText } from "./i18n";

/** How a watch is drawn: its state, with whose fault it is and whether it is under maintenance. */
export type Look = "up" | "degraded" | "down" | "upstream" | "unknown" | "maintenance";

const CODES: Record<number, Shown> = { [UP]: "up", [DEGRADED]: "degraded", [DOWN]: "down" };

/** The state of a code of the board. */
export function stateOf(code: number): Shown {
  return CODES[code] ?? "unknown";
}

export function lookOf(state: Shown | number, upstream = false, excluded = false): Look {
  if (excluded) return "maintenance";
  const shown = typeof state === "number" ? stateOf(state) : state;
  return shown === "down" && upstream ? "upstream" : shown;
}

export function lookText(look: Look): string {
  return t(`state.${look}`);
}

/** A state in words: under maintenance both that and what it is; with its cause where it is not well. */
export function stateText(state: Shown, upstream = false, excluded = false, cause = ""): string {
  const look = lookOf(state, upstream, excluded);
  const words = [lookText(look)];
  if (look === "maintenance") words.push(t(`state.${state}`));
  if (cause && cause !== "ok" && state !== "up") words.push(causeText(cause));
  return words.join(" · ");
}

const SHAPES: Record<Look, preact.JSX.Element> = {
  up: <path d="M2 2h12v12H2z" />,
  degraded: <path d="M2 2h6v6h6v6H2z" />,
  down: (
    <path d="M3.8 1.6 8 5.8l4.2-4.2 2.2 2.2L10.2 8l4.2 4.2-2.2 2.2L8 10.2l-4.2 4.2-2.2-2.2L5.8 8 1.6 3.8z" />
  ),
  upstream: <path d="M2 2h3L2 5zM8 2h3L2 11V8zM14 2v0L2 14v0h0L14 2zM14 5v3l-6 6H5zM14 11v3h-3z" />,
  unknown: <path class="hollow dotted" d="M3 3h10v10H3z" />,
  maintenance: <circle class="hollow" cx="8" cy="8" r="5" />,
};

/** Only the shape, for where the word stands beside it. */
export function Shape({ look, title }: { look: Look; title?: string }) {
  const named =
    title === undefined ? { "aria-hidden": true as const } : { role: "img" as const, "aria-label": title };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label, or stands beside its word
    <svg class={`shape ${look}`} viewBox="0 0 16 16" {...named}>
      {SHAPES[look]}
    </svg>
  );
}

/** A shape within a drawing, from its upper left, `side` wide and high. */
export function Drawn({ look, x, y, side }: { look: Look; x: number; y: number; side: number }) {
  return (
    <g class={`shape ${look}`} transform={`translate(${x} ${y}) scale(${side / 16})`}>
      {SHAPES[look]}
    </g>
  );
}

export interface SignProps {
  state: Shown;
  upstream?: boolean;
  excluded?: boolean;
  cause?: string;
}

/** Shape, colour and word. */
export function Sign({ state, upstream, excluded, cause }: SignProps) {
  const look = lookOf(state, upstream, excluded);
  return (
    <span class={`sign ${look}`}>
      <Shape look={look} /> {stateText(state, upstream, excluded, cause)}
    </span>
  );
}
