import { useState } from "preact/hooks";
import { send } from "../../api";
import { ago, moment } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { toast, toastProblem } from "../../parts/Toast";
import { problemText } from "../../problem";
import type { Account, AccountList } from "../../types";
import { ChangeDialog, MakeDialog, ResetDialog } from "./dialogs";
import { AllTokens } from "./Tokens";

type Doing = { what: "make" } | { what: "change" | "reset"; account: Account } | null;

/** What the security administrator does. */
export default function AccountsPage() {
  const { data, error, again } = useRead<AccountList>("/accounts");
  const [doing, setDoing] = useState<Doing>(null);
  const close = (): void => {
    setDoing(null);
    again();
  };

  return (
    <div class="stack">
      <h1 class="unseen">{t("accounts.title")}</h1>
      <Panel
        title={t("accounts.title")}
        aside={
          <Button kind="main" onClick={() => setDoing({ what: "make" })}>
            {t("accounts.make")}
          </Button>
        }
      >
        <p class="second">{t("accounts.apart")}</p>
        {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
        {data === null && error === null && <Loading />}
        {data !== null && <Accounts accounts={data.accounts} onDo={setDoing} />}
      </Panel>
      <AllTokens />
      {doing?.what === "make" && <MakeDialog onClose={close} />}
      {doing?.what === "change" && <ChangeDialog account={doing.account} onClose={close} />}
      {doing?.what === "reset" && <ResetDialog account={doing.account} onClose={close} />}
    </div>
  );
}

function stateText(each: Account): string {
  if (each.disabled) return t("accounts.disabled");
  if (each.waiting) return t("accounts.waiting");
  return each.locked_until === null
    ? t("accounts.active")
    : t("accounts.locked", { at: moment(each.locked_until) });
}

async function endSessions(account: string): Promise<void> {
  try {
    await send("DELETE", `/accounts/${encodeURIComponent(account)}/sessions`);
    toast(t("accounts.ended"));
  } catch (error) {
    toastProblem(error);
  }
}

function Accounts({ accounts, onDo }: { accounts: readonly Account[]; onDo: (doing: Doing) => void }) {
  const columns: Column<Account>[] = [
    { key: "account", head: t("accounts.account"), cell: (each) => each.account, by: (each) => each.account },
    { key: "name", head: t("accounts.name"), cell: (each) => each.name, by: (each) => each.name },
    {
      key: "roles",
      head: t("accounts.roles"),
      cell: (each) => each.roles.map((role) => word("role", role)).join(" · "),
    },
    { key: "state", head: t("accounts.state"), cell: stateText, by: stateText },
    {
      key: "totp",
      head: t("accounts.totp"),
      cell: (each) => t(each.totp ? "common.yes" : "common.no"),
      minor: true,
    },
    {
      key: "last",
      head: t("accounts.last"),
      cell: (each) => (each.last_login === null ? t("accounts.never") : ago(each.last_login)),
      by: (each) => each.last_login,
      minor: true,
    },
    {
      key: "do",
      head: "",
      cell: (each) => (
        <div class="bar">
          <Button kind="quiet" onClick={() => onDo({ what: "change", account: each })}>
            {t("accounts.change")}
          </Button>
          <Button kind="quiet" onClick={() => onDo({ what: "reset", account: each })}>
            {t("accounts.reset")}
          </Button>
          <Button kind="quiet" onClick={() => void endSessions(each.account)}>
            {t("accounts.end")}
          </Button>
        </div>
      ),
    },
  ];
  return (
    <Table caption={t("accounts.title")} columns={columns} rows={accounts} keyOf={(each) => each.account} />
  );
}
