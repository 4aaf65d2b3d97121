import { useState } from "preact/hooks";
import { clock, day, fromSite } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Choice, Field } from "../../parts/Field";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { PAGE, Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import { go, to } from "../../router";
import { type Look, Shape } from "../../signs";
import type { ActionDone, ActionList } from "../../types";
import { ACTIONS, factsText } from "./facts";
import "./audit.css";

const LOOKS: Record<ActionDone["outcome"], Look> = {
  ok: "up",
  refused: "degraded",
  failed: "down",
  unclear: "unknown",
};

const COLUMNS = (): Column<ActionDone>[] => [
  { key: "at", head: t("common.time"), cell: (each) => <When at={each.at} /> },
  { key: "account", head: t("audit.account"), cell: (each) => each.account },
  {
    key: "action",
    head: t("audit.action"),
    main: true,
    cell: (each) => <span title={each.action}>{word("action", each.action)}</span>,
  },
  {
    key: "outcome",
    head: t("audit.outcome"),
    cell: (each) => (
      <span class={`sign ${LOOKS[each.outcome]}`}>
        <Shape look={LOOKS[each.outcome]} /> {word("outcome", each.outcome)}
      </span>
    ),
  },
  { key: "target", head: t("audit.target"), cell: (each) => each.target },
  { key: "address", head: t("audit.address"), cell: (each) => each.address, minor: true },
  { key: "facts", head: t("audit.facts"), cell: (each) => factsText(each.facts), minor: true },
  { key: "link", head: t("audit.link"), cell: (each) => each.link, right: true, minor: true },
];

function When({ at }: { at: string }) {
  return (
    <time class="when" dateTime={at}>
      <span>{day(at)}</span> <span>{clock(at)}</span>
    </time>
  );
}

/** What people did, the newest first; the filters stand in the address. */
export function Trail({ query }: { query: URLSearchParams }) {
  const offset = Number(query.get("offset") ?? 0) || 0;
  const asked = {
    limit: PAGE,
    offset,
    account: query.get("account"),
    action: query.get("action"),
    since: fromSite(query.get("from") ?? ""),
    until: fromSite(query.get("to") ?? ""),
  };
  const { data, error } = useRead<ActionList>("/actions", asked);
  const move = (next: number): void => go(to("audit", "", { ...Object.fromEntries(query), offset: next }));

  return (
    <Panel>
      <div class="stack">
        <Filters key={query.toString()} query={query} />
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {data === null && error === null && <Loading />}
        {data?.actions.length === 0 && <Empty title={t("audit.empty")}>{t("audit.empty_how")}</Empty>}
        {data !== null && data.actions.length > 0 && (
          <Table
            caption={t("audit.trail")}
            columns={COLUMNS()}
            rows={data.actions}
            keyOf={(each) => `${each.link}`}
          />
        )}
        {data !== null && <Pages offset={offset} total={data.total} onMove={move} />}
      </div>
    </Panel>
  );
}

function Filters({ query }: { query: URLSearchParams }) {
  const [typed, setTyped] = useState(() => Object.fromEntries(query));
  const set = (name: string) => (value: string) => setTyped({ ...typed, [name]: value });

  function search(event: Event): void {
    event.preventDefault();
    const { offset: _, ...kept } = typed;
    go(to("audit", "", kept), true);
  }

  return (
    <form class="bar" onSubmit={search}>
      <Field label={t("audit.account")} value={typed.account ?? ""} onInput={set("account")} maxLength={64} />
      <Choice
        label={t("audit.action")}
        value={typed.action ?? ""}
        options={[["", t("common.all")], ...ACTIONS.map((each) => [each, word("action", each)] as const)]}
        onChange={set("action")}
      />
      <Field label={t("audit.from")} value={typed.from ?? ""} onInput={set("from")} type="datetime-local" />
      <Field label={t("audit.to")} value={typed.to ?? ""} onInput={set("to")} type="datetime-local" />
      <Button type="submit">{t("common.search")}</Button>
    </form>
  );
}
