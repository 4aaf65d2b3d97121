import type { ComponentChildren } from "preact";
import { useMemo, useState } from "preact/hooks";
import { t } from "../i18n";
import "../styles/cards.css";

export interface Column<R> {
  key: string;
  /** "" over buttons: they say themselves what they do. */
  head: string;
  cell: (row: R) => ComponentChildren;
  /** By what it is sorted here; without it one cannot (or `onSort` asks the server). */
  by?: (row: R) => string | number | null;
  /** The server can sort by it. */
  sortable?: boolean;
  /** Figures stand right. */
  right?: boolean;
  /** Left out on a phone. */
  minor?: boolean;
  /** What the row is: on a phone each row of the table is a card then, with this above its other cells. */
  main?: boolean;
}

/** By which column; `-` in front: the other way round. */
export type Sort = string;

export interface TableProps<R> {
  /** What the table is of, for screen readers. */
  caption: string;
  columns: readonly Column<R>[];
  rows: readonly R[];
  keyOf: (row: R) => string;
  /** Enter or a click on a row. */
  onOpen?: (row: R) => void;
  /** A class for a row. */
  classOf?: (row: R) => string;
  /** Sorted by the server: what it is sorted by, and how to ask otherwise. */
  sort?: Sort;
  onSort?: (sort: Sort) => void;
  /** How it is sorted at first, where it is sorted here. */
  first?: Sort;
}

/** A table that is sorted by its heads and walked through by arrow keys. */
export function Table<R>(props: TableProps<R>) {
  const { caption, columns, rows, keyOf, onOpen, classOf } = props;
  const [own, setOwn] = useState<Sort>(props.first ?? "");
  const sort = props.onSort ? (props.sort ?? "") : own;
  const shown = useMemo(() => (props.onSort ? rows : sorted(rows, columns, own)), [rows, columns, own]);

  function ask(column: Column<R>): void {
    const next = sort === column.key ? `-${column.key}` : column.key;
    if (props.onSort) props.onSort(next);
    else setOwn(next);
  }

  // What is wider than the window is moved by arrow keys: without buttons in it, it takes the focus itself.
  const isStill = !onOpen && columns.every((column) => !column.by && !column.sortable && column.head !== "");
  const frame = isStill ? { tabIndex: 0, role: "group" as const, "aria-label": caption } : {};
  return (
    <div class="table-frame" {...frame}>
      <table class={`table ${onOpen ? "opens" : ""} ${columns.some((each) => each.main) ? "cards" : ""}`}>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head
                key={column.key}
                column={column}
                sort={sort}
                ask={props.onSort ? column.sortable : !!column.by}
                onAsk={ask}
              />
            ))}
          </tr>
        </thead>
        <tbody onKeyDown={walk}>
          {shown.map((row) => (
            <tr
              key={keyOf(row)}
              class={classOf?.(row)}
              tabIndex={onOpen ? 0 : undefined}
              onClick={onOpen && ((event) => !isOwn(event) && onOpen(row))}
              onKeyDown={onOpen && ((event) => event.key === "Enter" && !isOwn(event) && onOpen(row))}
            >
              {columns.map((column) => (
                <td
                  key={column.key}
                  class={classes(column)}
                  data-head={column.main || column.head === "" ? undefined : column.head}
                >
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface HeadProps<R> {
  column: Column<R>;
  sort: Sort;
  ask: boolean | undefined;
  onAsk: (column: Column<R>) => void;
}

function Head<R>({ column, sort, ask, onAsk }: HeadProps<R>) {
  const direction = sort === column.key ? "ascending" : sort === `-${column.key}` ? "descending" : undefined;
  if (column.head === "") return <td class={classes(column)} />;
  return (
    <th scope="col" class={classes(column)} aria-sort={direction}>
      {ask ? (
        <button
          type="button"
          title={t("common.sort_by", { what: column.head })}
          onClick={() => onAsk(column)}
        >
          {column.head}
          <span class="arrow" aria-hidden="true">
            {direction === "ascending" ? "▲" : direction === "descending" ? "▼" : ""}
          </span>
        </button>
      ) : (
        column.head
      )}
    </th>
  );
}

function classes<R>(column: Column<R>): string {
  return `${column.right ? "right" : ""} ${column.minor ? "minor" : ""} ${column.main ? "main" : ""}`.trim();
}

/** Whether it was meant for a link, a button, a field or a dialog in the row. */
function isOwn(event: Event): boolean {
  const inside = (event.target as Element).closest("a, button, input, select, textarea, label, dialog");
  return inside !== null && (event.currentTarget as Element).contains(inside);
}

function walk(event: KeyboardEvent): void {
  const at = event.target as Element;
  if (at.closest("dialog, input, select, textarea") !== null) return; // there arrow keys do something else
  const row = at.closest("tr");
  const next =
    event.key === "ArrowDown"
      ? row?.nextElementSibling
      : event.key === "ArrowUp"
        ? row?.previousElementSibling
        : null;
  if (next instanceof HTMLElement && next.tabIndex === 0) {
    event.preventDefault();
    next.focus();
  }
}

function sorted<R>(rows: readonly R[], columns: readonly Column<R>[], sort: Sort): readonly R[] {
  const by = columns.find((column) => column.key === sort.replace(/^-/, ""))?.by;
  if (by === undefined) return rows;
  const sign = sort.startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(by(a), by(b)));
}

/** What is not known stands last when ascending; names by the order of their language. */
function compare(a: string | number | null, b: string | number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  if (typeof a === "string" && typeof b === "string") return a.localeCompare(b, "zh");
  return Number(a) - Number(b);
}
