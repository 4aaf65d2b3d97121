import { useState } from "preact/hooks";
import { send } from "../../api";
import { ago, day } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Empty } from "../../parts/Empty";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { PAGE, Pages } from "../../parts/Pages";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import type { Token, TokenList } from "../../types";

/** The tokens of everybody: what may be asked for in whose name, and until when. */
export function AllTokens() {
  const [offset, setOffset] = useState(0);
  const { data, error, again } = useRead<TokenList>("/accounts/tokens", { limit: PAGE, offset });
  const [revoking, setRevoking] = useState<Token | null>(null);
  const close = (): void => {
    setRevoking(null);
    again();
  };

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
      by: (each) => each.used_at,
      minor: true,
    },
    {
      key: "revoke",
      head: "",
      cell: (each) => (
        <Button kind="quiet" onClick={() => setRevoking(each)}>
          {t("token.revoke")}
        </Button>
      ),
    },
  ];
  return (
    <Panel title={t("accounts.tokens")}>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && data.tokens.length === 0 && (
        <Empty title={t("accounts.no_tokens")}>{t("accounts.no_tokens_how")}</Empty>
      )}
      {data !== null && data.tokens.length > 0 && (
        <Table
          caption={t("accounts.tokens")}
          columns={columns}
          rows={data.tokens}
          keyOf={(each) => each.id}
        />
      )}
      {data !== null && <Pages offset={offset} total={data.total} onMove={setOffset} />}
      {revoking !== null && (
        <Sure
          title={t("token.revoke")}
          onSure={() => send("DELETE", `/accounts/tokens/${encodeURIComponent(revoking.id)}`)}
          done={t("token.revoked")}
          onClose={close}
        >
          {t("token.revoke_sure", { name: `${revoking.account} · ${revoking.name}` })}
        </Sure>
      )}
    </Panel>
  );
}
