import { useId, useState } from "preact/hooks";
import { t } from "../i18n";
import { meant, type Option, offered } from "./several";
import "../styles/several.css";

export interface SeveralProps {
  label: string;
  values: readonly string[];
  onValues: (values: readonly string[]) => void;
  /** What there is to choose from. */
  options: readonly Option[];
  /** One at most: another takes its place. */
  single?: boolean;
}

/** Some of a long list: chosen by value or name with Enter or from what is offered, taken out again by a click. */
export function Several({ label, values, onValues, options, single }: SeveralProps) {
  const id = useId();
  const [typed, setTyped] = useState("");

  function take(text: string): void {
    setTyped("");
    const found = meant(options, text);
    if (found.length > 0) onValues(single ? found.slice(-1) : [...new Set([...values, ...found])]);
  }

  function pressed(event: KeyboardEvent): void {
    if (event.key === "Enter" && typed.trim() !== "") {
      event.preventDefault(); // the form is not sent yet
      take(typed);
    }
    if (event.key === "Backspace" && typed === "") onValues(values.slice(0, -1));
  }

  return (
    <div class="field several">
      <label for={id}>{label}</label>
      {values.length > 0 && (
        <ul class="chips">
          {values.map((value) => (
            <Chip
              key={value}
              value={value}
              name={options.find(([each]) => each === value)?.[1] || value}
              onDrop={() => onValues(values.filter((each) => each !== value))}
            />
          ))}
        </ul>
      )}
      <input
        id={id}
        type="text"
        value={typed}
        list={`${id}-offered`}
        autocomplete="off"
        maxLength={5000}
        placeholder={t("scope.type")}
        onInput={(event) => {
          const { value } = event.currentTarget;
          if (isPicked(event)) take(value);
          else setTyped(value);
        }}
        onKeyDown={pressed}
        onBlur={() => take(typed)}
      />
      <datalist id={`${id}-offered`}>
        {offered(options, typed).map(([value, name]) => (
          <option key={value} value={value} label={name === value ? undefined : `${name} · ${value}`} />
        ))}
      </datalist>
    </div>
  );
}

/** Whether a text came from the offered list at once, and not letter by letter. */
function isPicked(event: Event): boolean {
  const { inputType } = event as InputEvent;
  return inputType === undefined || inputType === "insertReplacementText";
}

function Chip({ value, name, onDrop }: { value: string; name: string; onDrop: () => void }) {
  return (
    <li class="chip" title={value}>
      {name}
      <button type="button" aria-label={t("scope.drop", { name })} onClick={onDrop}>
        ✕
      </button>
    </li>
  );
}
