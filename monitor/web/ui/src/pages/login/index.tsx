import { useState } from "preact/hooks";
import { ProblemError } from "../../api";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Gate } from "../../parts/Gate";
import { Notice } from "../../parts/Notice";
import { go, type PageProps, to } from "../../router";
import { logIn, may, session } from "../../session";

/** Where one wanted to go before; never out of these pages. */
export function backTo(query: URLSearchParams): string {
  const back = query.get("back") ?? "";
  return back.startsWith("/") ? `#${back}` : to("");
}

/** Why the OpenID provider let nobody in: the status that its way back ended with; "" where it did not. */
function refusal(query: URLSearchParams): string {
  const status = query.get("refused");
  if (status === null) return "";
  if (status === "403") return t("login.refused_role");
  return t(status === "503" ? "login.refused_away" : "login.refused");
}

export default function LoginPage({ query }: PageProps) {
  const who = session.value;
  const refused = refusal(query);
  return (
    <Gate title={t("login.title")}>
      {refused && <Notice kind="wrong">{refused}</Notice>}
      {who?.first && <Notice kind="warn">{t("login.first")}</Notice>}
      <LoginForm back={backTo(query)} />
      {who?.oidc && (
        <a class="button gate-other" href="/api/v1/session/oidc">
          {t("login.oidc")}
        </a>
      )}
      {may("look") && (
        <a class="gate-other" href={to("")}>
          {t("login.look")}
        </a>
      )}
    </Gate>
  );
}

function LoginForm({ back }: { back: string }) {
  const [account, setAccount] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);

  async function enter(): Promise<void> {
    try {
      await logIn({ account: account.trim(), password, code: code.trim() || null });
    } catch (error) {
      if (!(error instanceof ProblemError) || error.more.need !== "code" || needsCode) throw error;
      setNeedsCode(true);
      return;
    }
    go(back, true);
  }

  return (
    <Form submit={t("login.submit")} onSubmit={enter} disabled={account.trim() === "" || password === ""}>
      <Field
        label={t("login.account")}
        value={account}
        onInput={setAccount}
        autoComplete="username"
        maxLength={64}
        autoFocus
      />
      <Field
        label={t("login.password")}
        value={password}
        onInput={setPassword}
        type="password"
        autoComplete="current-password"
        maxLength={256}
      />
      {needsCode && (
        <Field
          label={t("login.code")}
          value={code}
          onInput={setCode}
          hint={t("login.code_wanted")}
          autoComplete="one-time-code"
          inputMode="numeric"
          maxLength={6}
          autoFocus
        />
      )}
    </Form>
  );
}
