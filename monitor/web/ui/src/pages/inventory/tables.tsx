import { t, word } from "../../i18n";
import { type Column, Table } from "../../parts/Table";
import type { Mistake, NodeDifference } from "../../types";

/** Every mistake with where it is, what stands there, what is allowed and what was perhaps meant. */
export function Mistakes({ mistakes }: { mistakes: readonly Mistake[] }) {
  const rows = mistakes.map((mistake, place) => ({ ...mistake, place }));
  const columns: Column<Mistake & { place: number }>[] = [
    { key: "file", head: t("inventory.file"), cell: (each) => each.file, minor: true },
    {
      key: "row",
      head: t("inventory.row"),
      cell: (each) => each.row ?? "",
      by: (each) => each.row,
      right: true,
    },
    {
      key: "column",
      head: t("inventory.column"),
      cell: (each) => each.column ?? "",
      by: (each) => each.column,
    },
    {
      key: "value",
      head: t("inventory.value"),
      cell: (each) => (each.value === null ? "" : <code>{each.value}</code>),
    },
    { key: "text", head: t("inventory.wrong"), cell: (each) => each.text },
    { key: "hint", head: t("inventory.hint"), cell: (each) => each.hint },
  ];
  return (
    <Table
      caption={t("inventory.wrong")}
      columns={columns}
      rows={rows}
      keyOf={(each) => `${each.place}`}
      classOf={() => "wrong"}
    />
  );
}

/** What would happen to each node. */
export function Differences({ differences }: { differences: readonly NodeDifference[] }) {
  const columns: Column<NodeDifference>[] = [
    { key: "how", head: t("inventory.how"), cell: (each) => word("how", each.kind), by: (each) => each.kind },
    { key: "node", head: "ID", cell: (each) => each.node, by: (each) => each.node },
    { key: "name", head: t("common.name"), cell: (each) => each.name, by: (each) => each.name },
    {
      key: "fields",
      head: t("inventory.fields"),
      cell: (each) => (
        <ul class="plain">
          {Object.entries(each.fields).map(([name, [was, will]]) => (
            <li key={name}>
              <span class="second">{name}</span> {was || "∅"} → {will || "∅"}
            </li>
          ))}
        </ul>
      ),
    },
  ];
  return (
    <Table caption={t("inventory.how")} columns={columns} rows={differences} keyOf={(each) => each.node} />
  );
}
