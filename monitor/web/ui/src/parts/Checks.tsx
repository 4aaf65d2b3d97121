import type { ComponentChildren } from "preact";
import { Check } from "./Field";
import "../styles/checks.css";

export interface ChecksProps<V extends string> {
  label: string;
  options: readonly (readonly [V, string])[];
  chosen: readonly V[];
  onChosen: (chosen: readonly V[]) => void;
  /** Below them: what is wrong, what is allowed. */
  children?: ComponentChildren;
}

/** Any of several, all of them in sight. */
export function Checks<V extends string>({ label, options, chosen, onChosen, children }: ChecksProps<V>) {
  return (
    <fieldset class="checks">
      <legend>{label}</legend>
      {options.map(([each, text]) => (
        <Check
          key={each}
          label={text}
          checked={chosen.includes(each)}
          onChange={(isOn) => onChosen(isOn ? [...chosen, each] : chosen.filter((one) => one !== each))}
        />
      ))}
      {children}
    </fieldset>
  );
}
