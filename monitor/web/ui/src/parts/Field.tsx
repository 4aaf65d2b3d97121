import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface FieldProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  type?: "text" | "password" | "search" | "number" | "date" | "month" | "datetime-local";
  /** What is allowed, below the field. */
  hint?: ComponentChildren;
  /** What is wrong with it. */
  error?: string | null;
  required?: boolean;
  disabled?: boolean;
  autoFocus?: boolean;
  autoComplete?: string;
  inputMode?: "numeric" | "text";
  placeholder?: string;
  maxLength?: number;
  min?: string | number;
  max?: string | number;
  /** More than one line. */
  rows?: number;
}

/** One line (or more) of input with its label, hint and error. */
export function Field(props: FieldProps) {
  const { label, value, onInput, hint, error, rows, type = "text", autoFocus, ...rest } = props;
  const id = useId();
  const common = {
    ...rest,
    id,
    value,
    autofocus: autoFocus,
    ref: autoFocus ? focused : undefined,
    "aria-invalid": error ? true : undefined,
    "aria-describedby": hint || error ? `${id}-more` : undefined,
    onInput: (event: Event) => onInput((event.target as HTMLInputElement).value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {rows === undefined ? (
        <input {...(common as object)} type={type as "text"} />
      ) : (
        <textarea {...(common as object)} rows={rows} />
      )}
      <FieldMore id={`${id}-more`} hint={hint} error={error} />
    </div>
  );
}

function focused(element: HTMLElement | null): void {
  element?.focus({ preventScroll: true });
}

function FieldMore({ id, hint, error }: { id: string; hint?: ComponentChildren; error?: string | null }) {
  if (!hint && !error) return null;
  return (
    <div id={id} class="field-more">
      {error && <p class="field-error">{error}</p>}
      {hint && <p>{hint}</p>}
    </div>
  );
}

export interface ChoiceProps<V extends string> {
  label: string;
  value: V;
  options: readonly (readonly [V, string])[];
  onChange: (value: V) => void;
  hint?: ComponentChildren;
  disabled?: boolean;
  /** The label is for screen readers only. */
  bare?: boolean;
}

/** One of several. */
export function Choice<V extends string>(props: ChoiceProps<V>) {
  const { label, value, options, onChange, hint, disabled, bare } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={bare ? "unseen" : ""}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-describedby={hint ? `${id}-more` : undefined}
        onChange={(event) => onChange(event.currentTarget.value as V)}
      >
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      <FieldMore id={`${id}-more`} hint={hint} />
    </div>
  );
}

export interface CheckProps {
  label: ComponentChildren;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
}

/** Yes or no. */
export function Check({ label, checked, onChange, disabled }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>{label}</span>
    </label>
  );
}
