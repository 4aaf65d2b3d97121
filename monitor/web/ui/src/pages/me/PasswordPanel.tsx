import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { NewPasswordFields, newPassword } from "../../parts/Password";
import { toast } from "../../parts/Toast";
import { changePassword, session } from "../../session";

const WARN_DAYS = 14;

export function PasswordPanel() {
  const [old, setOld] = useState("");
  const [typed, setTyped] = useState(newPassword);
  const days = session.value?.password_days_left ?? null;
  const isNear = days !== null && days <= WARN_DAYS;

  async function change(): Promise<void> {
    await changePassword({ old, new: typed.password });
    setOld("");
    setTyped(newPassword);
    toast(t("password.done"));
  }

  return (
    <Panel
      title={t("password.title")}
      aside={isNear || days === null ? null : t("password.days", { n: days })}
    >
      {isNear && <Notice kind="warn">{t("password.days_warn", { n: days })}</Notice>}
      <Form submit={t("password.submit")} onSubmit={change} disabled={old === "" || !typed.isRight}>
        <Field
          label={t("password.old")}
          value={old}
          onInput={setOld}
          type="password"
          autoComplete="current-password"
          maxLength={256}
        />
        <NewPasswordFields typed={typed} onTyped={setTyped} />
      </Form>
    </Panel>
  );
}
