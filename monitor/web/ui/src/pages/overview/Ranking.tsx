/** Counties by the intact rate of the month: bars with the target's line, whiskers for what is not known. */

import { goalText, percent } from "../../format";
import { t } from "../../i18n";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { to } from "../../router";
import { floorFor, type Rank } from "./figures";
import { useSize } from "./size";

const NAME = 96;
const VALUE = 84;
const AXIS = 20;
/** Closer to each other than this two names under the axis would meet. */
const APART = 80;
const LEAST_ROW = 20;
const MOST_ROW = 44;

interface Scale {
  width: number;
  floor: number;
}

function atX({ width, floor }: Scale, share: number): number {
  const part = Math.max(0, Math.min(1, (share - floor) / (1 - floor)));
  return NAME + part * (width - NAME - VALUE);
}

export function Ranking({ ranks }: { ranks: readonly Rank[] }) {
  const [frame, { width, height }] = useSize<HTMLDivElement>();
  return (
    <Panel
      class="ranking"
      title={t("overview.ranking")}
      aside={<a href={to("reports")}>{t("overview.reports")}</a>}
    >
      {ranks.length === 0 ? (
        <Empty title={t("overview.no_ranking")}>{t("overview.no_ranking_how")}</Empty>
      ) : (
        <div class="drawing" ref={frame}>
          {width > 0 && <Drawing ranks={ranks} width={width} height={height} />}
        </div>
      )}
    </Panel>
  );
}

function Drawing({ ranks, width, height }: { ranks: readonly Rank[]; width: number; height: number }) {
  const target = ranks.find((rank) => rank.target !== null)?.target ?? null;
  const shares = ranks.flatMap((rank) => [rank.intact, rank.low]);
  const scale = { width, floor: floorFor(shares, target) };
  const row = Math.max(LEAST_ROW, Math.min(MOST_ROW, (height - AXIS) / ranks.length));
  const bottom = row * ranks.length;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a drawing is no set of fields
    <svg
      width={width}
      height={bottom + AXIS}
      viewBox={`0 0 ${width} ${bottom + AXIS}`}
      role="group"
      aria-label={summary(ranks)}
    >
      {ranks.map((rank, at) => (
        <Bar key={rank.code} rank={rank} scale={scale} y={at * row} row={row} />
      ))}
      {target !== null && (
        <g class="target">
          <line x1={atX(scale, target)} x2={atX(scale, target)} y1={2} y2={bottom} />
          <text x={atX(scale, target)} y={bottom + 14}>
            {t("overview.target", { sign: "", target: goalText(target) })}
          </text>
        </g>
      )}
      <g class="axes">
        <text class="first" x={NAME} y={bottom + 14}>
          {percent(scale.floor, 0)}
        </text>
        {(target === null || width - VALUE - atX(scale, target) > APART) && (
          <text class="last" x={width - VALUE} y={bottom + 14}>
            {percent(1, 0)}
          </text>
        )}
      </g>
    </svg>
  );
}

function Bar({ rank, scale, y, row }: { rank: Rank; scale: Scale; y: number; row: number }) {
  const thick = Math.min(18, row * 0.5);
  const middle = y + row / 2;
  const right = atX(scale, rank.intact);
  return (
    <a href={to("nodes", "", { region: rank.code })}>
      <g class={`rank ${rank.verdict ?? ""}`}>
        <title>{told(rank)}</title>
        <rect class="catch" x={0} y={y} width={scale.width} height={row} />
        <text class="name" x={0} y={middle + 4}>
          {rank.name}
        </text>
        <rect class="bar" x={NAME} y={middle - thick / 2} width={Math.max(0, right - NAME)} height={thick} />
        {rank.low !== null && rank.high !== null && (
          <Whisker left={atX(scale, rank.low)} right={atX(scale, rank.high)} y={middle} />
        )}
        <text class="value" x={scale.width} y={middle + 5}>
          {percent(rank.intact)}
        </text>
      </g>
    </a>
  );
}

function Whisker({ left, right, y }: { left: number; right: number; y: number }) {
  return <path class="whisker" d={`M${left},${y - 5}v10M${left},${y}H${right}M${right},${y - 5}v10`} />;
}

function told(rank: Rank): string {
  const { name, intact, low, high, verdict } = rank;
  const bounds = { name, intact: percent(intact), low: percent(low), high: percent(high) };
  return [t("overview.rank", bounds), verdict === null ? "" : t(`overview.${verdict}`)]
    .filter(Boolean)
    .join(", ");
}

function summary(ranks: readonly Rank[]): string {
  return ranks.map(told).join("; ");
}
