/** What a cell says when it is pointed at: name, state, since, cause. */

import { LOOKS } from "../../draw/looks";
import { ago, moment } from "../../format";
import { causeText, t } from "../../i18n";
import { board, version } from "../../live";
import type { Cells } from "../../live/cells";
import { type Look, lookText, Shape } from "../../signs";
import type { Field } from "./field";

interface Facts {
  name: string;
  look: Look;
  /** "" where there is none worth a word. */
  cause: string;
  since: number;
  place: string;
}

function factsOf(cells: Cells, field: Field, cell: number): Facts {
  const row = field.rowOf(cell);
  const cause = cells.causes[cells.cause[row]] ?? "";
  const [county, town] = [field.county(cell).name, field.town(cell).name];
  const places = [county, town === county ? "" : town, cells.contractors[cells.contractor[row]] ?? ""];
  return {
    name: cells.name[row] || cells.id[row],
    look: LOOKS[field.looks[cell]],
    cause: cause === "" || cause === "ok" ? "" : causeText(cause),
    since: cells.since[row],
    place: places.filter(Boolean).join(" · "),
  };
}

export function Tip({ field, cell }: { field: Field; cell: number }) {
  const cells = board.value;
  const turned = version.value; // the field is changed in place: who is drawn again looks again
  if (cells === null || turned < 0) return null;
  const { name, look, cause, since, place } = factsOf(cells, field, cell);
  return (
    <>
      <strong>{name}</strong>
      <span class={`sign ${look}`}>
        <Shape look={look} /> {lookText(look)}
        {cause && ` · ${cause}`}
      </span>
      {since > 0 && <span>{t("overview.since", { time: moment(since), ago: ago(since) })}</span>}
      <span class="tip-place">{place}</span>
    </>
  );
}

/** The same in one sentence that does not change by itself, for who listens. */
export function tipText(field: Field, cell: number): string {
  const cells = board.peek();
  if (cells === null || cell < 0) return "";
  const { name, look, cause, since, place } = factsOf(cells, field, cell);
  return [name, lookText(look), cause, since > 0 ? moment(since) : "", place].filter(Boolean).join(", ");
}
