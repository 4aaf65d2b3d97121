import { t, word } from "../../i18n";
import { Button } from "../../parts/Button";
import { Notice } from "../../parts/Notice";
import { Panel } from "../../parts/Panel";
import { toastProblem } from "../../parts/Toast";
import { logOut, session } from "../../session";
import type { Session } from "../../types";
import { PasswordPanel } from "./PasswordPanel";
import { SessionsPanel } from "./SessionsPanel";
import { TokensPanel } from "./TokensPanel";
import { TotpPanel } from "./TotpPanel";
import "./me.css";

/** One's own account. While the password must be changed, nothing else is offered. */
export default function MePage() {
  const who = session.value;
  if (who === null) return null;
  if (who.must === "password") {
    return (
      <div class="narrow stack">
        <Notice kind="warn">{t("app.must_password")}</Notice>
        <PasswordPanel />
      </div>
    );
  }
  return (
    <div class="me">
      <div class="stack">
        <WhoPanel who={who} />
        <PasswordPanel />
      </div>
      <div class="stack">
        <TotpPanel isOn={who.totp} />
        <SessionsPanel />
        <TokensPanel may={who.permissions} />
      </div>
    </div>
  );
}

function WhoPanel({ who }: { who: Session }) {
  return (
    <Panel
      title={t("me.title")}
      aside={
        <Button kind="danger" onClick={() => void logOut().catch(toastProblem)}>
          {t("me.logout")}
        </Button>
      }
    >
      <div class="stack">
        <div>
          <h1>{who.name || who.account}</h1>
          <p class="second">{who.account}</p>
        </div>
        <dl class="facts">
          <dt>{t("me.roles")}</dt>
          <dd>{who.roles.map((role) => word("role", role)).join(" · ")}</dd>
          <dt>{t("me.permissions")}</dt>
          <dd>
            <ul class="plain">
              {who.permissions.map((permission) => (
                <li key={permission}>{word("permission", permission)}</li>
              ))}
            </ul>
          </dd>
        </dl>
        <p class="second">{t("me.since_session")}</p>
      </div>
    </Panel>
  );
}
