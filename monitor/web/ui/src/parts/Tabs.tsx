import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface TabsProps<V extends string> {
  label: string;
  value: V;
  options: readonly (readonly [V, ComponentChildren])[];
  onChange: (value: V) => void;
  children: ComponentChildren;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1 };

/** One of several views; arrow keys go from one to the next (WAI-ARIA "tabs"). */
export function Tabs<V extends string>({ label, value, options, onChange, children }: TabsProps<V>) {
  const id = useId();

  function moved(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined) return;
    const here = options.findIndex(([each]) => each === value);
    const next = options[(here + step + options.length) % options.length][0];
    onChange(next);
    document.getElementById(`${id}-${next}`)?.focus();
  }

  return (
    <div>
      <div class="tabs" role="tablist" aria-label={label} onKeyDown={moved}>
        {options.map(([each, text]) => (
          <button
            key={each}
            id={`${id}-${each}`}
            type="button"
            role="tab"
            aria-selected={each === value}
            aria-controls={`${id}-panel`}
            tabIndex={each === value ? 0 : -1}
            onClick={() => onChange(each)}
          >
            {text}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${value}`}>
        {children}
      </div>
    </div>
  );
}
