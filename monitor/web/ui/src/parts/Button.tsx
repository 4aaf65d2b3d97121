import type { ComponentChildren } from "preact";

export interface ButtonProps {
  children: ComponentChildren;
  onClick?: (event: MouseEvent) => void;
  /** `main`: what one came for; `danger`: what cannot be undone; `quiet`: beside others. */
  kind?: "main" | "danger" | "quiet" | "plain";
  type?: "button" | "submit";
  disabled?: boolean;
  /** It is being done: says so to screen readers and takes no second click. */
  busy?: boolean;
  label?: string;
  title?: string;
  pressed?: boolean;
}

export function Button(props: ButtonProps) {
  const { children, onClick, kind = "plain", type = "button", disabled, busy, label, title, pressed } = props;
  return (
    <button
      type={type}
      class={`button ${kind}`}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-label={label}
      aria-pressed={pressed}
      title={title}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
