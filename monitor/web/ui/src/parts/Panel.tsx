import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

export interface PanelProps {
  title?: string;
  /** Right of the title: a figure, buttons, a link. */
  aside?: ComponentChildren;
  children: ComponentChildren;
  /** A class of its own, for the page's grid. */
  class?: string;
  /** The figures in it are older than they should be. */
  stale?: boolean;
}

/** A part of a page with a title of its own. */
export function Panel({ title, aside, children, class: name = "", stale }: PanelProps) {
  const id = useId();
  return (
    <section class={`panel ${name} ${stale ? "stale" : ""}`} aria-labelledby={title ? id : undefined}>
      {title && (
        <header class="panel-head">
          <h2 id={id}>{title}</h2>
          {aside && <div class="panel-aside">{aside}</div>}
        </header>
      )}
      {children}
    </section>
  );
}
