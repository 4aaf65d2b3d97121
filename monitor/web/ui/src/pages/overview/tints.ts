/** The colours of the theme, as the canvases want them. */

import { LOOKS } from "../../draw/looks";
import type { Tints } from "../../draw/scene";
import { type Colour, FONT } from "../../theme";

type Palette = Readonly<Record<Colour, string>>;

export function tintsOf(colours: Palette): Tints {
  const { panel, line, text, second, accent } = colours;
  return {
    ground: panel,
    line,
    text,
    quiet: second,
    accent,
    looks: LOOKS.map((look) => colours[look]),
    font: FONT,
  };
}

const COLOURS: readonly Colour[] = [
  "ground",
  "panel",
  "raised",
  "line",
  "text",
  "second",
  "accent",
  ...LOOKS,
];

/** The colours for paper: the light ones, whatever is worn on the screen. */
export function paper(): Palette {
  const { dataset } = document.documentElement;
  const worn = dataset.theme;
  dataset.theme = "light";
  const style = getComputedStyle(document.documentElement);
  const found = COLOURS.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]);
  dataset.theme = worn;
  return Object.fromEntries(found) as Palette;
}
