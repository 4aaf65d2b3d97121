/** A scene with what belongs around it: hover text, buttons, keys, and words for who does not see it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { Scene } from "../../draw/scene";
import { Stage } from "../../draw/stage";
import { t } from "../../i18n";
import { board, onChange } from "../../live";
import { go, to } from "../../router";
import { palette } from "../../theme";
import type { Field } from "./field";
import { Tip, tipText } from "./Tip";
import { paper, tintsOf } from "./tints";

interface StandProps {
  field: Field;
  scene: Scene;
  label: string;
  /** What it shows, in a sentence. */
  summary: string;
  /** Changes when what is written upon the cells is different. */
  names: string;
  /** Left of the buttons below it. */
  children: ComponentChildren;
}

interface Pointed {
  cell: number;
  x: number;
  y: number;
  side: number;
}

const NOTHING: Pointed = { cell: -1, x: 0, y: 0, side: 0 };

export function Stand({ field, scene, label, summary, names, children }: StandProps) {
  const host = useRef<HTMLDivElement>(null);
  const stage = useRef<Stage | null>(null);
  const [pointed, setPointed] = useState<Pointed>(NOTHING);
  const id = useId();
  const open = (cell: number) => {
    const node = board.value?.id[field.rowOf(cell)];
    if (node !== undefined) go(to("node", node));
  };

  useEffect(() => {
    if (host.current === null) return;
    const own = new Stage(host.current, scene, {
      pointed: (cell, box) => setPointed({ cell, ...box }),
      chosen: open,
    });
    stage.current = own;
    const end = onChange((rows) =>
      own.changed(rows.map((row) => field.cellOf(row)).filter((cell) => cell >= 0)),
    );
    return () => {
      end();
      own.end();
      setPointed(NOTHING);
    };
  }, [scene]);
  const colours = palette.value;
  useEffect(() => {
    const wear = () => stage.current?.tint(tintsOf(colours));
    const print = () => stage.current?.print(tintsOf(paper()));
    wear();
    window.addEventListener("beforeprint", print);
    window.addEventListener("afterprint", wear);
    return () => {
      window.removeEventListener("beforeprint", print);
      window.removeEventListener("afterprint", wear);
    };
  }, [colours, scene]);
  useEffect(() => stage.current?.renamed(), [names]);

  const pressed = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const own = stage.current;
    if (own === null) return;
    const isNext = event.key === "n";
    if (isNext) own.goTo(field.nextTrouble(own.at));
    if (!isNext && !own.key(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="stand">
      <div class="stand-frame">
        <div
          class="stage"
          ref={host}
          role="application"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it has keys of its own, as its role says
          tabIndex={0}
          aria-label={label}
          aria-describedby={`${id}-summary ${id}-keys`}
          onKeyDown={pressed}
        />
        <p id={`${id}-summary`} class="unseen">
          {summary}
        </p>
        <p id={`${id}-keys`} class="unseen">
          {t("overview.keys")}
        </p>
        <p class="unseen" role="status">
          {tipText(field, pointed.cell)}
        </p>
        {pointed.cell >= 0 && <Bubble field={field} pointed={pointed} host={host.current} />}
      </div>
      <div class="stand-foot">
        {children}
        <div class="stand-tools">
          <Tool name={t("overview.diminish")} sign="−" press={() => stage.current?.zoomBy(-1)} />
          <Tool name={t("overview.enlarge")} sign="+" press={() => stage.current?.zoomBy(1)} />
          <Tool name={t("overview.whole")} sign="⤢" press={() => stage.current?.reset()} />
        </div>
      </div>
    </div>
  );
}

function Tool({ name, sign, press }: { name: string; sign: string; press: () => void }) {
  return (
    <button type="button" class="tool" title={name} aria-label={name} onClick={press}>
      {sign}
    </button>
  );
}

/** Beside the cell, on the side where there is room. */
function Bubble({ field, pointed, host }: { field: Field; pointed: Pointed; host: HTMLElement | null }) {
  const [width, height] = [host?.clientWidth ?? 0, host?.clientHeight ?? 0];
  const isLeft = pointed.x > width / 2;
  const isAbove = pointed.y > height / 2;
  const style = {
    left: isLeft ? "auto" : `${pointed.x + pointed.side + 8}px`,
    right: isLeft ? `${width - pointed.x + 8}px` : "auto",
    top: isAbove ? "auto" : `${pointed.y + pointed.side + 8}px`,
    bottom: isAbove ? `${height - pointed.y + 8}px` : "auto",
  };
  return (
    <div class="bubble" aria-hidden="true" style={style}>
      <Tip field={field} cell={pointed.cell} />
    </div>
  );
}
