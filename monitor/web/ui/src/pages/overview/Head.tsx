/** The head figures: readable at five metres, coloured only where something is wrong. */

import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { now } from "../../clock";
import { age, ago, day, goalText, number, percent } from "../../format";
import { t } from "../../i18n";
import { board, freshness, version } from "../../live";
import type { Budget, Group, Overview } from "../../types";
import { presentOf } from "./figures";

/** Of what is worked out each minute. */
const LATE = 150_000;

export function Head({ overview }: { overview: Overview }) {
  const { headline } = overview;
  const cells = board.value;
  const turned = version.value;
  const { watches, counts, online, intact } = useMemo(
    () => (cells === null ? headline : presentOf(cells, headline.point_class)),
    [cells, turned, headline],
  );
  const own = Math.max(0, counts.down - counts.upstream);
  return (
    <section class="figures" aria-label={t("overview.figures")}>
      <Intact group={headline} intact={intact} />
      <Figure name={t("overview.online")} note={percent(online)}>
        {number(counts.up + counts.degraded)} <small>/ {number(watches)}</small>
      </Figure>
      <Figure
        name={t("state.down")}
        tone={own > 0 ? "down" : ""}
        note={counts.degraded > 0 ? `${t("state.degraded")} ${number(counts.degraded)}` : ""}
      >
        {number(own)}
      </Figure>
      <Figure name={t("state.upstream")} tone={counts.upstream > 0 ? "upstream" : ""}>
        {number(counts.upstream)}
      </Figure>
      <Figure name={t("state.unknown")} tone={counts.unknown > 0 ? "unknown" : ""}>
        {number(counts.unknown)}
      </Figure>
      <BudgetLeft budget={headline.budget} />
    </section>
  );
}

interface FigureProps {
  name: string;
  /** A look that colours it; "" while all is well. */
  tone?: string;
  note?: ComponentChildren;
  title?: string;
  /** When it was worked out, milliseconds; null: it comes with the pulse. */
  at?: number | null;
  children: ComponentChildren;
}

function Figure({ name, tone = "", note, title, at = null, children }: FigureProps) {
  const { age: seen, isStale } = freshness.value;
  const isLate = at === null ? isStale : now.value - at > LATE;
  const told = at === null ? seenAgo(seen, isStale) : ago(at);
  return (
    <div class={`key-figure ${isLate ? "stale" : ""}`} title={title}>
      <h2>{name}</h2>
      <p class={`figure-value ${tone}`}>{children}</p>
      <p class="figure-note">
        <span>{note}</span> <span class="figure-age">{told}</span>
      </p>
    </div>
  );
}

/** While the collectors look a figure is simply live: a counter of seconds at each of them would be unrest. */
function seenAgo(seconds: number | null, isStale: boolean): string {
  if (!isStale) return t("overview.live");
  return seconds === null ? t("overview.not_seen") : ago(now.value - seconds * 1000);
}

function Intact({ group, intact }: { group: Group; intact: number | null }) {
  const { target } = group;
  const isMissed = intact !== null && target !== null && intact < target;
  const sign = intact === null ? "" : isMissed ? "▼" : "▲";
  const goal = target === null ? "" : t("overview.target", { sign, target: goalText(target) }).trim();
  const month = group.month === null ? "" : t("overview.month", { month: percent(group.month) });
  return (
    <Figure
      name={t("overview.intact")}
      tone={isMissed ? "down" : ""}
      title={t("overview.month_bounds", { low: percent(group.month_low), high: percent(group.month_high) })}
      note={
        <>
          {goal}
          {goal && month && <span class="minor"> · </span>}
          <span class="minor">{month}</span>
        </>
      }
    >
      {share(intact)}
    </Figure>
  );
}

/** A share with a small unit. */
function share(value: number | null, digits = 2) {
  const text = percent(value, digits);
  return text.endsWith(" %") ? (
    <>
      {text.slice(0, -2)} <small>%</small>
    </>
  ) : (
    text
  );
}

function BudgetLeft({ budget }: { budget: Budget | null }) {
  // A new object only when the overview was read again: its age is that of the figures in it.
  const at = useMemo(() => now.peek(), [budget]);
  const left = budget?.left ?? null;
  const gone = budget?.gone_at ?? null;
  return (
    <Figure
      name={t("overview.budget")}
      tone={left === null || left > 0.1 ? "" : left > 0 ? "degraded" : "down"}
      at={at}
      title={budget === null ? "" : hours(budget)}
      note={
        gone === null
          ? ""
          : t(left === 0 ? "overview.gone" : "overview.gone_at", { day: day(gone), ago: age(gone) })
      }
    >
      {share(left, 0)}
    </Figure>
  );
}

function hours({ total, used }: Budget): string {
  return t("overview.budget_hours", {
    used: number(used, 1),
    total: number(total, 1),
    left: number(Math.max(0, total - used), 1),
  });
}
