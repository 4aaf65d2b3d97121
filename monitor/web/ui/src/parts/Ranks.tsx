import { useMemo, useRef } from "preact/hooks";
import { palette } from "../theme";
import { Chart } from "./Chart";
import { BOTTOM, type Rank, ranksChart, rankText, TOP } from "./ranks";
import "./ranks.css";

const LEAST_ROW = 20;
const MOST_ROW = 44;

interface RanksProps {
  ranks: readonly Rank[];
  /** What is ranked, for who does not see it. */
  label: string;
  /** Where a bar leads to; without it nowhere. */
  linkOf?: (rank: Rank) => string;
  /** How high a row is, in pixels; without it the rows fill the frame. */
  row?: number;
}

/** Groups by their intact rate: bars with the target, and whiskers for the bounds. */
export function Ranks({ ranks, label, linkOf, row }: RanksProps) {
  const links = useRef<HTMLOListElement>(null);
  const colours = palette.value;
  const option = useMemo(() => ranksChart(ranks, colours), [ranks, colours]);
  const edges = TOP + BOTTOM;
  const height = {
    minHeight: `${(row ?? LEAST_ROW) * ranks.length + edges}px`,
    maxHeight: `${(row ?? MOST_ROW) * ranks.length + edges}px`,
  };
  /** The pointer belongs to the chart, which tells figures; a click anywhere in a row is for its link. */
  function follow({ clientY }: MouseEvent): void {
    for (const row of links.current?.children ?? []) {
      const { top, bottom } = row.getBoundingClientRect();
      if (top <= clientY && clientY < bottom) row.querySelector("a")?.click();
    }
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has the links
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has the links
    <div class={linkOf ? "ranks opens" : "ranks"} style={height} onClick={linkOf && follow}>
      <Chart label={linkOf ? label : `${label}: ${ranks.map(rankText).join("; ")}`} option={option} />
      {linkOf && (
        <ol ref={links} class="plain rank-links">
          {ranks.map((rank) => (
            <li key={rank.code}>
              <a href={linkOf(rank)} onClick={(event) => event.stopPropagation()}>
                <span class="unseen">{rankText(rank)}</span>
              </a>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
