import { useState } from "preact/hooks";
import { send } from "../../api";
import { fullMoment, number } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { ScopeText } from "../../parts/Scope";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { toast, toastProblem } from "../../parts/Toast";
import { may, session } from "../../session";
import { type Look, Shape } from "../../signs";
import type { Decided } from "../../types";
import { inOrder } from "./order";

const LOOKS: Record<Decided["standing"], Look> = {
  waiting: "degraded",
  now: "maintenance",
  coming: "maintenance",
  over: "unknown",
};

interface ListProps {
  decisions: readonly Decided[];
  onDone: () => void;
}

export function List({ decisions, onDone }: ListProps) {
  const [ending, setEnding] = useState<Decided | null>(null);

  async function approve(decided: Decided): Promise<void> {
    try {
      await send("POST", `${pathOf(decided)}/approve`);
      toast(t("maintenance.done_approve"));
      onDone();
    } catch (error) {
      toastProblem(error);
    }
  }

  const columns: Column<Decided>[] = [
    { key: "id", head: "#", cell: (each) => each.id },
    {
      key: "standing",
      head: t("maintenance.standing"),
      cell: (each) => (
        <span class={`sign ${LOOKS[each.standing]}`}>
          <Shape look={LOOKS[each.standing]} /> {word("standing", each.standing)}
        </span>
      ),
    },
    { key: "what", head: t("maintenance.what"), main: true, cell: whatText },
    {
      key: "scope",
      head: t("maintenance.scope"),
      cell: (each) => <ScopeText scope={each.scope} />,
      minor: true,
    },
    {
      key: "watches",
      head: t("maintenance.watches"),
      cell: (each) => number(each.watches),
      right: true,
      minor: true,
    },
    {
      key: "when",
      head: t("maintenance.when"),
      cell: (each) => `${fullMoment(each.start)} – ${fullMoment(each.end)}`,
    },
    { key: "asked", head: t("maintenance.asked"), cell: (each) => each.requested_by },
    { key: "approved", head: t("maintenance.approved"), cell: approvedText, minor: true },
    { key: "do", head: "", cell: (each) => <Doings decided={each} onApprove={approve} onEnd={setEnding} /> },
  ];
  return (
    <>
      <Table
        caption={t("maintenance.title")}
        columns={columns}
        rows={inOrder(decisions)}
        keyOf={(each) => each.id}
      />
      {ending !== null && (
        <Sure
          title={t("maintenance.end")}
          onSure={() => send("POST", `${pathOf(ending)}/end`)}
          done={t("maintenance.done_end")}
          onClose={() => {
            setEnding(null);
            onDone();
          }}
        >
          {whatText(ending)} · <ScopeText scope={ending.scope} />
          <br />
          {t("maintenance.end_sure")}
        </Sure>
      )}
    </>
  );
}

const pathOf = (decided: Decided): string => `/maintenance/${encodeURIComponent(decided.id)}`;

function whatText(each: Decided): string {
  const what =
    each.kind === "exclusion"
      ? word("reason", each.reason ?? "")
      : t("maintenance.correction", { node: each.node ?? "", state: word("state", each.state ?? "") });
  return each.note ? `${what} · ${each.note}` : what;
}

function approvedText(each: Decided): string {
  if (each.approved_by === null) return "";
  return each.retroactive ? `${each.approved_by} · ${t("maintenance.afterwards")}` : each.approved_by;
}

interface DoingsProps {
  decided: Decided;
  onApprove: (decided: Decided) => Promise<void>;
  onEnd: (decided: Decided) => void;
}

function Doings({ decided, onApprove, onEnd }: DoingsProps) {
  const isOwn = decided.requested_by === session.value?.account;
  const isWaiting = decided.standing === "waiting";
  const canEnd =
    decided.kind === "exclusion" && (decided.standing === "now" || decided.standing === "coming");
  return (
    <div class="bar">
      {isWaiting && may("approve") && isOwn && <span class="second">{t("maintenance.own")}</span>}
      {isWaiting && may("approve") && !isOwn && (
        <Button kind="main" onClick={() => void onApprove(decided)}>
          {t("maintenance.approve")}
        </Button>
      )}
      {canEnd && may("operate") && <Button onClick={() => onEnd(decided)}>{t("maintenance.end")}</Button>}
    </div>
  );
}
