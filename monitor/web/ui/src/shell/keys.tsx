/** The keyboard: `?` shows the keys, `g` and a letter goes to a page. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Key, t } from "../i18n";
import { Dialog } from "../parts/Dialog";
import { go, to } from "../router";
import { may } from "../session";
import { LINKS, nextLanguage, nextTheme } from "./Header";

const LETTERS: Record<string, string> = {
  o: "",
  n: "nodes",
  f: "outages",
  a: "alerts",
  m: "maintenance",
  r: "reports",
  i: "inventory",
  u: "accounts",
  t: "audit",
  b: "about",
};

const DO: Record<string, () => void> = {
  "?": () => {
    isShown.value = !isShown.value;
  },
  l: nextLanguage,
  d: nextTheme,
  w: () => void fullScreen(),
  "/": () => document.querySelector<HTMLInputElement>("input[type=search]")?.focus(),
};

const OTHER: readonly (readonly [string, Key])[] = [
  ["?", "app.keys_this"],
  ["/", "app.keys_search"],
  ["l", "app.keys_language"],
  ["d", "app.keys_theme"],
  ["w", "app.keys_full"],
  ["↑ ↓ Enter", "app.keys_table"],
  ["Esc", "app.keys_esc"],
];

const isShown = signal(false);
const WITHIN = 1_500;

async function fullScreen(): Promise<void> {
  if (document.fullscreenElement) await document.exitFullscreen();
  else await document.documentElement.requestFullscreen();
}

/** Listens as long as the page is there. */
export function useKeys(): void {
  useEffect(() => {
    let goneAt = Number.NEGATIVE_INFINITY;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event)) return;
      const page = LETTERS[event.key];
      if (event.timeStamp - goneAt < WITHIN && page !== undefined) {
        goneAt = Number.NEGATIVE_INFINITY;
        go(to(page));
      } else if (event.key === "g") {
        goneAt = event.timeStamp;
      } else if (DO[event.key]) {
        event.preventDefault();
        DO[event.key]();
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
}

function isTyping(event: KeyboardEvent): boolean {
  const element = event.target;
  return element instanceof HTMLElement && element.matches("input, textarea, select, [contenteditable]");
}

export function KeysHelp() {
  if (!isShown.value) return null;
  const pages = LINKS.filter(([, , needs]) => may(needs));
  return (
    <Dialog title={t("app.keys")} onClose={() => (isShown.value = false)}>
      <p class="second">{t("app.keys_go")}</p>
      <dl class="keys">
        {pages.map(([page, words]) => (
          <KeyLine key={page} keys={`g ${letterOf(page)}`} words={words} />
        ))}
      </dl>
      <dl class="keys">
        {OTHER.map(([keys, words]) => (
          <KeyLine key={keys} keys={keys} words={words} />
        ))}
      </dl>
    </Dialog>
  );
}

function letterOf(page: string): string {
  return Object.keys(LETTERS).find((letter) => LETTERS[letter] === page) ?? "";
}

function KeyLine({ keys, words }: { keys: string; words: Key }) {
  return (
    <div>
      <dt>
        {keys.split(" ").map((key) => (
          <kbd key={key}>{key}</kbd>
        ))}
      </dt>
      <dd>{t(words)}</dd>
    </div>
  );
}
