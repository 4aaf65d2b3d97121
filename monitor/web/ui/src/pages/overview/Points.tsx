/** All points at once, as a heat grid or on the map. */

import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useState } from "preact/hooks";
import { GridScene } from "../../draw/gridscene";
import { LOOKS, Look } from "../../draw/looks";
import { type Label, MapScene } from "../../draw/mapscene";
import { boundsOf, ringsOf, type Spot } from "../../draw/mercator";
import { number } from "../../format";
import { lang, t } from "../../i18n";
import { board, onChange } from "../../live";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { to } from "../../router";
import { lookText, Shape } from "../../signs";
import { keep, recall } from "../../store";
import type { OutageNow, Region } from "../../types";
import { Field } from "./field";
import { framesOf } from "./frames";
import { Stand } from "./Stand";

type View = "grid" | "map";

const VIEWS: readonly View[] = ["grid", "map"];

interface PointsProps {
  regions: readonly Region[];
  outages: readonly OutageNow[];
}

export function Points({ regions, outages }: PointsProps) {
  const view = useSignal<View>(recall("points") === "map" ? "map" : "grid");
  const cells = board.value;
  const field = useMemo(() => (cells === null ? null : new Field(cells, regions)), [cells, regions]);
  const choose = (chosen: View) => {
    view.value = chosen;
    keep("points", chosen);
  };
  return (
    <Panel
      class="points"
      title={t("overview.points")}
      aside={
        <>
          <a href={to("nodes")}>{t("overview.as_list")}</a>
          <fieldset class="switch">
            <legend class="unseen">{t("overview.view")}</legend>
            {VIEWS.map((each) => (
              <button
                key={each}
                type="button"
                aria-pressed={each === view.value}
                onClick={() => choose(each)}
              >
                {t(`overview.${each}`)}
              </button>
            ))}
          </fieldset>
        </>
      }
    >
      {field === null || field.size === 0 ? (
        <Empty title={t("overview.no_points")}>{t("overview.no_points_how")}</Empty>
      ) : (
        <Shown field={field} view={view.value} outages={outages} />
      )}
    </Panel>
  );
}

function Shown({ field, view, outages }: { field: Field; view: View; outages: readonly OutageNow[] }) {
  const turned = useTurned(field);
  return view === "grid" ? (
    <Heat field={field} outages={outages} turned={turned} />
  ) : (
    <CityMap field={field} turned={turned} />
  );
}

/** Keeps the looks of a field true; counts how often they changed. */
function useTurned(field: Field): number {
  const [turned, setTurned] = useState(0);
  useEffect(
    () => onChange((rows) => field.update(rows).length > 0 && setTurned((before) => before + 1)),
    [field],
  );
  return turned;
}

function Heat({ field, outages, turned }: { field: Field; outages: readonly OutageNow[]; turned: number }) {
  const scene = useMemo(() => new GridScene(field.towns, field.looks, namesOf(field)), [field]);
  const frames = framesOf(field, outages, (place, { affected }) =>
    t("overview.frame", { place: place || t("overview.nowhere"), count: number(affected) }),
  );
  scene.frames = frames;
  const names = `${lang.value} ${turned} ${JSON.stringify(frames)}`;
  return (
    <Stand
      field={field}
      scene={scene}
      label={t("overview.grid_label")}
      summary={summary(field)}
      names={names}
    >
      <Legend field={field} turned={turned} />
    </Stand>
  );
}

function namesOf(field: Field) {
  const narrow = window.matchMedia("(max-width: 719px)").matches;
  return {
    gutter: narrow ? 56 : 92,
    county: (county: number) => field.counties[county].name || t("overview.nowhere"),
    town: (town: number) => field.towns[town].name || t("overview.nowhere"),
    trouble: (county: number) => {
      const down = field.ofCounty(county, Look.down);
      return down > 0 ? `✕${number(down)}` : "";
    },
  };
}

function CityMap({ field, turned }: { field: Field; turned: number }) {
  const { data: outline } = useRead<unknown>("/map");
  const spots = useMemo(() => field.spots(), [field]);
  const scene = useMemo(
    () => new MapScene(spots, field.looks, ringsOf(outline), labelsOf(field, spots)),
    [spots, outline, field],
  );
  const placed = useMemo(() => spots.filter((each) => !Number.isNaN(each)).length / 2, [spots]);
  if (placed === 0) return <Empty title={t("overview.no_places")}>{t("overview.no_places_how")}</Empty>;
  return (
    <Stand
      field={field}
      scene={scene}
      label={t("overview.map_label")}
      summary={summary(field)}
      names={`${lang.value} ${turned}`}
    >
      <Legend field={field} turned={turned} />
      {placed < field.size && (
        <span class="unplaced">{t("overview.unplaced", { count: number(field.size - placed) })}</span>
      )}
    </Stand>
  );
}

/** The name of each county above its northernmost point, in the middle from west to east. */
function labelsOf(field: Field, spots: Float64Array): Label[] {
  return field.counties.flatMap(({ name }, county) => {
    const bounds = boundsOf(spotsIn(field, county, spots));
    return bounds === null
      ? []
      : [{ spot: { x: (bounds.left + bounds.right) / 2, y: bounds.top }, text: name }];
  });
}

function* spotsIn(field: Field, county: number, spots: Float64Array): Generator<Spot> {
  for (const town of field.towns) {
    if (town.county !== county) continue;
    for (let cell = town.first; cell < town.first + town.count; cell++) {
      const [x, y] = [spots[2 * cell], spots[2 * cell + 1]];
      if (!Number.isNaN(x)) yield { x, y };
    }
  }
}

function summary(field: Field): string {
  const counts = LOOKS.flatMap((look, at) => {
    const count = field.ofAll(at as Look);
    return count > 0 ? [`${lookText(look)} ${number(count)}`] : [];
  });
  return t("overview.summary", { total: number(field.size), counts: counts.join(", ") });
}

/** The signs with their counts; what is not there is quiet. `turned`: a field is changed in place. */
function Legend({ field }: { field: Field; turned: number }) {
  return (
    <ul class="legend">
      {LOOKS.map((look, at) => {
        const count = field.ofAll(at as Look);
        return (
          <li key={look} class={count > 0 ? "" : "none"}>
            <Shape look={look} /> {lookText(look)} <b>{number(count)}</b>
          </li>
        );
      })}
    </ul>
  );
}
