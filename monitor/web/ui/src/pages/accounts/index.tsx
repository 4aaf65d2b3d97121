import { useState } from "preact/hooks";
import { send } from "../../api";
import { ago, moment } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { PAGE, Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { toast, toastProblem } from "../../parts/Toast";
import { problemText } from "../../problem";
import { type Look, Shape } from "../../signs";
import type { Account, AccountList } from "../../types";
import { ChangeDialog, MakeDialog, ResetDialog } from "./dialogs";
import { AllTokens } from "./Tokens";

type Doing = { what: "make" } | { what: "change" | "reset" | "end"; account: Account } | null;

/** What the security administrator does. */
export default function AccountsPage() {
  const [offset, setOffset] = useState(0);
  const { data, error, again } = useRead<AccountList>("/accounts", { limit: PAGE, offset });
  const [doing, setDoing] = useState<Doing>(null);
  async function unlock(account: Account): Promise<void> {
    try {
      await send("POST", `/accounts/${encodeURIComponent(account.account)}/unlock`);
      toast(t("accounts.unlocked"));
      again();
    } catch (error) {
      toastProblem(error);
    }
  }
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
        <div class="stack">
          <p class="second">{t("accounts.apart")}</p>
          {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
          {data === null && error === null && <Loading />}
          {data !== null && <Accounts accounts={data.accounts} onDo={setDoing} onUnlock={unlock} />}
          {data !== null && <Pages offset={offset} total={data.total} onMove={setOffset} />}
        </div>
      </Panel>
      <AllTokens />
      {doing?.what === "make" && <MakeDialog onClose={close} />}
      {doing?.what === "change" && <ChangeDialog account={doing.account} onClose={close} />}
      {doing?.what === "reset" && <ResetDialog account={doing.account} onClose={close} />}
      {doing?.what === "end" && (
        <Sure
          title={t("accounts.end")}
          onSure={() => send("DELETE", `/accounts/${encodeURIComponent(doing.account.account)}/sessions`)}
          done={t("accounts.ended")}
          onClose={close}
        >
          {t("accounts.end_sure", { name: doing.account.name })}
        </Sure>
      )}
    </div>
  );
}

const stateOf = (each: Account): "disabled" | "waiting" | "locked" | "active" => {
  if (each.disabled) return "disabled";
  if (each.waiting) return "waiting";
  return each.locked_until === null ? "active" : "locked";
};

const LOOKS: Record<ReturnType<typeof stateOf>, Look> = {
  active: "up",
  waiting: "unknown",
  locked: "degraded",
  disabled: "down",
};

function State({ account }: { account: Account }) {
  const look = LOOKS[stateOf(account)];
  return (
    <span class={`sign ${look}`}>
      <Shape look={look} /> {t(`accounts.${stateOf(account)}`, { at: moment(account.locked_until) })}
    </span>
  );
}

interface AccountsProps {
  accounts: readonly Account[];
  onDo: (doing: Doing) => void;
  onUnlock: (account: Account) => Promise<void>;
}

function Accounts({ accounts, onDo, onUnlock }: AccountsProps) {
  const columns: Column<Account>[] = [
    {
      key: "account",
      head: t("accounts.account"),
      main: true,
      cell: (each) => (
        <>
          {each.account}
          <br />
          <span class="second">{each.name}</span>
        </>
      ),
      by: (each) => each.account,
    },
    {
      key: "roles",
      head: t("accounts.roles"),
      cell: (each) => each.roles.map((role) => word("role", role)).join(" · "),
    },
    { key: "state", head: t("accounts.state"), cell: (each) => <State account={each} />, by: stateOf },
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
          <Button kind="quiet" onClick={() => onDo({ what: "end", account: each })}>
            {t("accounts.end")}
          </Button>
          {each.locked_until !== null && (
            <Button kind="quiet" onClick={() => void onUnlock(each)}>
              {t("accounts.unlock")}
            </Button>
          )}
        </div>
      ),
    },
  ];
  return (
    <Table caption={t("accounts.title")} columns={columns} rows={accounts} keyOf={(each) => each.account} />
  );
}
