import { useState } from "preact/hooks";
import { send } from "../../api";
import { fullMoment } from "../../format";
import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Checks } from "../../parts/Checks";
import { Dialog } from "../../parts/Dialog";
import { Check, Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Notice } from "../../parts/Notice";
import { Secret } from "../../parts/Secret";
import { Sure } from "../../parts/Sure";
import { toast } from "../../parts/Toast";
import type { Account, AccountLink } from "../../types";
import { isAccountName, mayGoTogether, ROLES, type Role } from "./roles";

interface Closing {
  onClose: () => void;
}

/** A new account; its link is shown once. */
export function MakeDialog({ onClose }: Closing) {
  const [account, setAccount] = useState("");
  const [name, setName] = useState("");
  const [roles, setRoles] = useState<readonly Role[]>(["viewer"]);
  const [made, setMade] = useState<AccountLink | null>(null);
  const isWrong = account !== "" && !isAccountName(account);
  const isRight = isAccountName(account) && name.trim() !== "" && roles.length > 0 && mayGoTogether(roles);

  async function make(): Promise<void> {
    setMade(await send<AccountLink>("POST", "/accounts", { account, name: name.trim(), roles }));
  }

  if (made !== null) return <LinkDialog made={made} said={t("accounts.made")} onClose={onClose} />;
  return (
    <Dialog title={t("accounts.make")} onClose={onClose}>
      <Form submit={t("accounts.make")} onSubmit={make} disabled={!isRight}>
        <Field
          label={t("accounts.account")}
          value={account}
          onInput={setAccount}
          hint={t("accounts.account_hint")}
          error={isWrong ? t("accounts.account_wrong") : null}
          maxLength={64}
          autoFocus
        />
        <Field label={t("accounts.name")} value={name} onInput={setName} maxLength={200} />
        <RoleFields roles={roles} onRoles={setRoles} />
      </Form>
    </Dialog>
  );
}

export function ChangeDialog({ account, onClose }: Closing & { account: Account }) {
  const [name, setName] = useState(account.name);
  const [roles, setRoles] = useState<readonly Role[]>(account.roles);
  const [isEnabled, setEnabled] = useState(!account.disabled);
  const [isSure, setSure] = useState(false);
  const isClosing = !isEnabled && !account.disabled;

  async function change(): Promise<void> {
    await send("PATCH", `/accounts/${encodeURIComponent(account.account)}`, {
      name: name === account.name ? null : name.trim(),
      roles: [...roles].sort().join() === [...account.roles].sort().join() ? null : roles,
      disabled: isEnabled === !account.disabled ? null : !isEnabled,
    });
  }

  async function saved(): Promise<void> {
    if (isClosing) {
      setSure(true);
      return;
    }
    await change();
    toast(t("accounts.changed"));
    onClose();
  }

  if (isSure) {
    return (
      <Sure title={t("accounts.close")} onSure={change} done={t("accounts.changed")} onClose={onClose}>
        {t("accounts.close_sure", { name: account.name })}
      </Sure>
    );
  }
  return (
    <Dialog title={`${t("accounts.change")} · ${account.account}`} onClose={onClose}>
      <Form
        submit={t("common.save")}
        onSubmit={saved}
        disabled={name.trim() === "" || roles.length === 0 || !mayGoTogether(roles)}
      >
        <Field label={t("accounts.name")} value={name} onInput={setName} maxLength={200} autoFocus />
        <RoleFields roles={roles} onRoles={setRoles} />
        <Check label={t("accounts.enabled")} checked={isEnabled} onChange={setEnabled} />
      </Form>
    </Dialog>
  );
}

function RoleFields({
  roles,
  onRoles,
}: {
  roles: readonly Role[];
  onRoles: (roles: readonly Role[]) => void;
}) {
  return (
    <Checks<Role>
      label={t("accounts.roles")}
      options={ROLES.map((role) => [role, word("role", role)] as const)}
      chosen={roles}
      onChosen={onRoles}
    >
      <div class="field-more">
        <p class="field-error" role="alert">
          {mayGoTogether(roles) ? "" : t("accounts.apart_wrong")}
        </p>
        <p>{t("accounts.apart")}</p>
      </div>
    </Checks>
  );
}

export function ResetDialog({ account, onClose }: Closing & { account: Account }) {
  const [made, setMade] = useState<AccountLink | null>(null);

  async function reset(): Promise<void> {
    setMade(await send<AccountLink>("POST", `/accounts/${encodeURIComponent(account.account)}/reset`));
  }

  if (made !== null) return <LinkDialog made={made} said={t("accounts.reset_done")} onClose={onClose} />;
  return (
    <Dialog title={t("accounts.reset")} onClose={onClose}>
      <Form submit={t("accounts.reset")} kind="danger" onSubmit={reset}>
        <p>{t("accounts.reset_sure", { name: account.name })}</p>
      </Form>
    </Dialog>
  );
}

function LinkDialog({ made, said, onClose }: Closing & { made: AccountLink; said: string }) {
  return (
    <Dialog title={made.account.name} onClose={onClose}>
      <div class="stack">
        <Notice kind="done">{said}</Notice>
        <Secret label={t("accounts.link")} text={made.link} />
        <p class="second">{t("accounts.link_until", { at: fullMoment(made.expires_at) })}</p>
        <div>
          <Button kind="main" onClick={onClose}>
            {t("common.close")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
