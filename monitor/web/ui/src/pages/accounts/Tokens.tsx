import { send } from "../../api";
import { ago, day } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { type Column, Table } from "../../parts/Table";
import { toast, toastProblem } from "../../parts/Toast";
import type { Token, TokenList } from "../../types";

/** The tokens of everybody: what may be asked for in whose name, and until when. */
export function AllTokens() {
  const { data, again } = useRead<TokenList>("/accounts/tokens");

  async function revoke(token: Token): Promise<void> {
    try {
      await send("DELETE", `/accounts/tokens/${encodeURIComponent(token.id)}`);
      toast(t("token.revoked"));
      again();
    } catch (error) {
      toastProblem(error);
    }
  }

  const columns: Column<Token>[] = [
    { key: "account", head: t("accounts.account"), cell: (each) => each.account, by: (each) => each.account },
    { key: "name", head: t("token.name"), cell: (each) => each.name, by: (each) => each.name },
    {
      key: "permissions",
      head: t("token.permissions"),
      cell: (each) => each.permissions.map((name) => word("permission", name)).join(" · "),
      minor: true,
    },
    {
      key: "expires",
      head: t("token.expires"),
      cell: (each) => day(each.expires_at),
      by: (each) => each.expires_at,
    },
    {
      key: "used",
      head: t("token.used"),
      cell: (each) => (each.used_at === null ? t("token.never") : ago(each.used_at)),
      minor: true,
    },
    {
      key: "revoke",
      head: "",
      cell: (each) => (
        <Button kind="quiet" onClick={() => void revoke(each)}>
          {t("token.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <Panel title={t("accounts.tokens")}>
      {data !== null && data.tokens.length === 0 && <Empty title={t("accounts.no_tokens")} />}
      {data !== null && data.tokens.length > 0 && (
        <Table
          caption={t("accounts.tokens")}
          columns={columns}
          rows={data.tokens}
          keyOf={(each) => each.id}
        />
      )}
    </Panel>
  );
}
