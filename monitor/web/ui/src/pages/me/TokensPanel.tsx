import { useState } from "preact/hooks";
import { send } from "../../api";
import { ago, day } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Checks } from "../../parts/Checks";
import { Dialog } from "../../parts/Dialog";
import { Empty } from "../../parts/Empty";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Loading } from "../../parts/Loading";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { useRead } from "../../parts/read";
import { Secret } from "../../parts/Secret";
import { Sure } from "../../parts/Sure";
import { type Column, Table } from "../../parts/Table";
import { problemText } from "../../problem";
import type { Token, TokenList, TokenMade } from "../../types";

/** What a token may never do: it is for programs, and `own` is for people. */
const PEOPLE_ONLY = "own";

/** More than that nobody has. */
const MOST = 1000;

export function TokensPanel({ may }: { may: readonly string[] }) {
  const { data, error, again } = useRead<TokenList>("/session/tokens", { limit: MOST });
  const [isMaking, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const close = (): void => {
    setMaking(false);
    setRevoking(null);
    again();
  };

  return (
    <Panel
      title={t("token.title")}
      aside={<Button onClick={() => setMaking(true)}>{t("token.make")}</Button>}
    >
      <p class="second">{t("token.lead")}</p>
      {error !== null && <Notice kind="wrong">{problemText(error)}</Notice>}
      {data === null && error === null && <Loading />}
      {data !== null && <Tokens tokens={data.tokens} onRevoke={setRevoking} />}
      {isMaking && <MakeDialog may={may.filter((each) => each !== PEOPLE_ONLY)} onClose={close} />}
      {revoking !== null && (
        <Sure
          title={t("token.revoke")}
          onSure={() => send("DELETE", `/session/tokens/${encodeURIComponent(revoking.id)}`)}
          done={t("token.revoked")}
          onClose={close}
        >
          {t("token.revoke_sure", { name: revoking.name })}
        </Sure>
      )}
    </Panel>
  );
}

function Tokens({ tokens, onRevoke }: { tokens: readonly Token[]; onRevoke: (token: Token) => void }) {
  if (tokens.length === 0) return <Empty title={t("token.empty")}>{t("token.empty_how")}</Empty>;
  const columns: Column<Token>[] = [
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
    },
    {
      key: "revoke",
      head: "",
      cell: (each) => (
        <Button kind="quiet" onClick={() => onRevoke(each)}>
          {t("token.revoke")}
        </Button>
      ),
    },
  ];
  return <Table caption={t("token.title")} columns={columns} rows={tokens} keyOf={(each) => each.id} />;
}

const MOST_DAYS = 365;

function MakeDialog({ may, onClose }: { may: readonly string[]; onClose: () => void }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(String(MOST_DAYS));
  const [chosen, setChosen] = useState<readonly string[]>(may.includes("look") ? ["look"] : []);
  const [made, setMade] = useState<TokenMade | null>(null);
  const count = Number(days);
  const isRight = name.trim() !== "" && chosen.length > 0 && count >= 1 && count <= MOST_DAYS;

  async function make(): Promise<void> {
    const wish = { name: name.trim(), permissions: chosen, days: count };
    setMade(await send<TokenMade>("POST", "/session/tokens", wish));
  }

  if (made !== null) return <MadeDialog made={made} onClose={onClose} />;
  return (
    <Dialog title={t("token.make")} onClose={onClose}>
      <Form submit={t("token.make")} onSubmit={make} disabled={!isRight}>
        <Field
          label={t("token.name")}
          value={name}
          onInput={setName}
          hint={t("token.name_hint")}
          maxLength={200}
          autoFocus
        />
        <Checks
          label={t("token.permissions")}
          options={may.map((each) => [each, word("permission", each)] as const)}
          chosen={chosen}
          onChosen={setChosen}
        />
        <Field label={t("token.days")} value={days} onInput={setDays} type="number" min={1} max={MOST_DAYS} />
      </Form>
    </Dialog>
  );
}

function MadeDialog({ made, onClose }: { made: TokenMade; onClose: () => void }) {
  return (
    <Dialog title={made.name} onClose={onClose}>
      <div class="stack">
        <Notice kind="done">{t("token.made")}</Notice>
        <Secret label={t("token.title")} text={made.token} />
        <div>
          <Button kind="main" onClick={onClose}>
            {t("common.close")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
