import { download } from "../../api";
import { fullMoment, number } from "../../format";
import { classText, kindText, t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import type { InventoryNow } from "../../types";
import { Upload } from "./Upload";

const EVERY = 15;

/** The node list: what it holds, taking it away, and bringing another. */
export default function InventoryPage() {
  const { data, error } = useRead<InventoryNow>("/inventory", {}, { every: EVERY, on: ["board"] });
  return (
    <div class="stack">
      <h1 class="unseen">{t("inventory.title")}</h1>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && <Now list={data} />}
      <Upload />
    </div>
  );
}

function Now({ list }: { list: InventoryNow }) {
  return (
    <Panel
      title={t("inventory.now")}
      aside={(["csv", "xlsx"] as const).map((form) => (
        <Button key={form} onClick={() => download(`/inventory/file?form=${form}`)}>
          {t("inventory.download", { form: form.toUpperCase() })}
        </Button>
      ))}
    >
      <div class="stack">
        {list.error !== null && (
          <Notice kind="wrong">
            {t("inventory.not_read")}
            <pre>{list.error}</pre>
          </Notice>
        )}
        <dl class="facts">
          <dt>{t("inventory.file")}</dt>
          <dd>
            <code>{list.file}</code>
          </dd>
          <dt>{t("inventory.digest")}</dt>
          <dd>
            <code>{list.digest}</code>
          </dd>
          <dt>{t("inventory.loaded")}</dt>
          <dd>{fullMoment(list.loaded_at)}</dd>
          <dt>{t("inventory.nodes")}</dt>
          <dd>
            {number(list.nodes)} · {t("common.watches")} {number(list.watches)}
          </dd>
          <dt>{t("common.kind")}</dt>
          <dd>
            {Object.entries(list.by_kind)
              .map(([kind, count]) => `${kindText(kind)} ${number(count)}`)
              .join(" · ")}
          </dd>
        </dl>
        <Classes list={list} />
      </div>
    </Panel>
  );
}

interface ClassRow {
  name: string;
  count: number;
  planned: number | null;
}

function Classes({ list }: { list: InventoryNow }) {
  const names = [...new Set([...Object.keys(list.by_class), ...Object.keys(list.planned)])].sort();
  const rows = names.map((name) => ({
    name: classText(name),
    count: list.by_class[name] ?? 0,
    planned: list.planned[name] ?? null,
  }));
  const columns: Column<ClassRow>[] = [
    { key: "name", head: t("inventory.class"), cell: (each) => each.name },
    { key: "count", head: t("inventory.count"), cell: (each) => number(each.count), right: true },
    { key: "planned", head: t("inventory.planned"), cell: (each) => number(each.planned), right: true },
  ];
  return <Table caption={t("inventory.class")} columns={columns} rows={rows} keyOf={(each) => each.name} />;
}
