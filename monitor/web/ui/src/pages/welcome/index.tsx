import { useState } from "preact/hooks";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Gate } from "../../parts/Gate";
import { Notice } from "../../parts/Notice";
import { NewPasswordFields, newPassword } from "../../parts/Password";
import { go, type PageProps, to } from "../../router";
import { redeem, session } from "../../session";

/** Where a one-time link leads: `#/welcome?secret=…`. */
export default function WelcomePage({ query }: PageProps) {
  const isFirst = session.value?.first ?? false;
  const [secret] = useState(query.get("secret") ?? "");
  return (
    <Gate title={t(isFirst ? "welcome.first_title" : "welcome.title")}>
      {secret === "" ? (
        <Notice kind="wrong">{t("welcome.no_secret")}</Notice>
      ) : (
        <>
          <p class="second">{t(isFirst ? "welcome.first_lead" : "welcome.lead")}</p>
          <WelcomeForm secret={secret} isFirst={isFirst} />
        </>
      )}
    </Gate>
  );
}

function WelcomeForm({ secret, isFirst }: { secret: string; isFirst: boolean }) {
  const [account, setAccount] = useState("");
  const [name, setName] = useState("");
  const [typed, setTyped] = useState(newPassword);
  const isNamed = !isFirst || (account.trim() !== "" && name.trim() !== "");

  async function enter(): Promise<void> {
    const who = isFirst ? { account: account.trim(), name: name.trim() } : {};
    await redeem({ secret, password: typed.password, ...who });
    go(to(""), true); // the secret leaves the address and the history
  }

  return (
    <Form submit={t("welcome.submit")} onSubmit={enter} disabled={!isNamed || !typed.isRight}>
      {isFirst && (
        <>
          <Field
            label={t("welcome.account")}
            value={account}
            onInput={setAccount}
            hint={t("welcome.account_hint")}
            autoComplete="username"
            maxLength={64}
            autoFocus
          />
          <Field
            label={t("welcome.name")}
            value={name}
            onInput={setName}
            autoComplete="name"
            maxLength={200}
          />
        </>
      )}
      <NewPasswordFields typed={typed} onTyped={setTyped} autoFocus={!isFirst} />
    </Form>
  );
}
