import { useState } from "preact/hooks";
import { send } from "../../api";
import { t } from "../../i18n";
import { Button } from "../../parts/Button";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Panel } from "../../parts/Panel";
import { Secret } from "../../parts/Secret";
import { toast, toastProblem } from "../../parts/Toast";
import { readSession } from "../../session";
import type { TotpOffer } from "../../types";

/** The second factor: offered, confirmed by one code, dropped by the password. */
export function TotpPanel({ isOn }: { isOn: boolean }) {
  const [offer, setOffer] = useState<TotpOffer | null>(null);

  async function done(words: string): Promise<void> {
    setOffer(null);
    toast(words);
    await readSession();
  }

  return (
    <Panel title={t("totp.title")}>
      <div class="stack">
        <p>{t(isOn ? "totp.on" : "totp.off")}</p>
        {isOn && <DropForm onDone={() => done(t("totp.dropped"))} />}
        {!isOn && offer === null && <Start onOffer={setOffer} />}
        {!isOn && offer !== null && <ConfirmForm offer={offer} onDone={() => done(t("totp.done"))} />}
      </div>
    </Panel>
  );
}

function Start({ onOffer }: { onOffer: (offer: TotpOffer) => void }) {
  return (
    <div>
      <Button onClick={() => void send<TotpOffer>("POST", "/session/totp").then(onOffer, toastProblem)}>
        {t("totp.start")}
      </Button>
    </div>
  );
}

function ConfirmForm({ offer, onDone }: { offer: TotpOffer; onDone: () => Promise<void> }) {
  const [code, setCode] = useState("");

  async function confirm(): Promise<void> {
    await send("PUT", "/session/totp", { code });
    await onDone();
  }

  return (
    <Form submit={t("totp.confirm")} onSubmit={confirm} disabled={!/^\d{6}$/.test(code)}>
      <p>{t("totp.scan")}</p>
      <Secret label={t("totp.secret")} text={parted(offer.secret)} copied={offer.secret} />
      <Secret label={t("totp.uri")} text={offer.uri} href={offer.uri} />
      <Field
        label={t("totp.code")}
        value={code}
        onInput={(value) => setCode(value.trim())}
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={6}
      />
    </Form>
  );
}

/** In fours: it is typed by hand. */
function parted(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}

function DropForm({ onDone }: { onDone: () => Promise<void> }) {
  const [password, setPassword] = useState("");

  async function drop(): Promise<void> {
    await send("DELETE", "/session/totp", { password });
    await onDone();
  }

  return (
    <Form submit={t("totp.drop")} kind="danger" onSubmit={drop} disabled={password === ""}>
      <Field
        label={t("password.old")}
        value={password}
        onInput={setPassword}
        type="password"
        hint={t("totp.drop_why")}
        autoComplete="current-password"
        maxLength={256}
      />
    </Form>
  );
}
