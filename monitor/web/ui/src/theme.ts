/** Dark, light, or as the system is. The colours stand in styles/tokens.css; here is where scripts read them. */
import { computed, effect, signal } from "@preact/signals";
import { keep, recall } from "./store";

export type Theme = "dark" | "light" | "auto";

const system = window.matchMedia("(prefers-color-scheme: light)");
const isSystemLight = signal(system.matches);
system.addEventListener("change", () => {
  isSystemLight.value = system.matches;
});

const remembered = recall("theme");

/** What the user chose; a control room is dark. */
export const theme = signal<Theme>(remembered === "light" || remembered === "auto" ? remembered : "dark");

export const isDark = computed(
  () => theme.value === "dark" || (theme.value === "auto" && !isSystemLight.value),
);

export function wear(chosen: Theme): void {
  theme.value = chosen;
  keep("theme", chosen);
}

effect(() => {
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
});

const NAMES = [
  "ground",
  "panel",
  "raised",
  "line",
  "text",
  "second",
  "accent",
  "up",
  "up-text",
  "degraded",
  "down",
  "upstream",
  "unknown",
  "unknown-text",
  "maintenance",
] as const;

export type Colour = (typeof NAMES)[number];

/** The colours of the theme that is worn, for canvases and charts: they know no CSS variables. */
export const palette = computed<Record<Colour, string>>(() => {
  document.documentElement.dataset.theme = isDark.value ? "dark" : "light";
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  ) as Record<Colour, string>;
});

/** The fonts of the pages, for canvases and charts. */
export const FONT = '"Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
