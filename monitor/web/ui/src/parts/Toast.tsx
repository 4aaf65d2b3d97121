import { signal } from "@preact/signals";
import { problemText } from "../problem";

interface Said {
  id: number;
  text: string;
  kind: "done" | "wrong";
}

const said = signal<readonly Said[]>([]);
let count = 0;

const SHOWN_FOR = 6_000;

/** Say briefly what was done, or went wrong. */
export function toast(text: string, kind: "done" | "wrong" = "done"): void {
  count += 1;
  const id = count;
  said.value = [...said.value, { id, text, kind }].slice(-4);
  setTimeout(() => {
    said.value = said.value.filter((each) => each.id !== id);
  }, SHOWN_FOR);
}

/** The same for an error that was caught. */
export function toastProblem(error: unknown): void {
  toast(problemText(error), "wrong");
}

/** Where they appear; once, in app.tsx. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {said.value.map((each) => (
        <p key={each.id} class={`toast ${each.kind}`}>
          {each.text}
        </p>
      ))}
    </div>
  );
}
