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
  /** It has the focus at first: what is safe in a dialog. */
  autoFocus?: boolean;
}

export function Button(props: ButtonProps) {
  const { children, onClick, kind = "plain", type = "button", disabled, busy } = props;
  const { label, title, pressed, autoFocus } = props;
  return (
    <button
      type={type}
      class={`button ${kind}`}
      disabled={disabled || busy}
      aria-busy={busy}
      aria-label={label}
      aria-pressed={pressed}
      autofocus={autoFocus}
      title={title}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
