import { useState } from "preact/hooks";
import { send } from "../../api";
import { t } from "../../i18n";
import { Field } from "../../parts/Field";
import { Form } from "../../parts/Form";
import { Panel } from "../../parts/Panel";
import { QrCode } from "../../parts/QrCode";
import { Secret } from "../../parts/Secret";
import { toast } from "../../parts/Toast";
import { readSession } from "../../session";
import type { TotpOffer } from "../../types";

/** The second factor: offered by the password, confirmed by one code, dropped by both. */
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
  const [password, setPassword] = useState("");

  async function start(): Promise<void> {
    onOffer(await send<TotpOffer>("POST", "/session/totp", { password }));
  }

  return (
    <Form submit={t("totp.start")} onSubmit={start} disabled={password === ""}>
      <PasswordField value={password} onInput={setPassword} hint={t("totp.start_why")} />
    </Form>
  );
}

interface TypedField {
  value: string;
  onInput: (value: string) => void;
}

function PasswordField({ value, onInput, hint }: TypedField & { hint: string }) {
  return (
    <Field
      label={t("password.old")}
      value={value}
      onInput={onInput}
      type="password"
      hint={hint}
      autoComplete="current-password"
      maxLength={256}
    />
  );
}

const isCode = (text: string): boolean => /^\d{6}$/.test(text);

function CodeField({ value, onInput }: TypedField) {
  return (
    <Field
      label={t("totp.code")}
      value={value}
      onInput={(text) => onInput(text.trim())}
      inputMode="numeric"
      autoComplete="one-time-code"
      maxLength={6}
    />
  );
}

function ConfirmForm({ offer, onDone }: { offer: TotpOffer; onDone: () => Promise<void> }) {
  const [code, setCode] = useState("");

  async function confirm(): Promise<void> {
    await send("PUT", "/session/totp", { code });
    await onDone();
  }

  return (
    <Form submit={t("totp.confirm")} onSubmit={confirm} disabled={!isCode(code)}>
      <p>{t("totp.scan")}</p>
      <QrCode text={offer.uri} label={t("totp.qr")} />
      <p class="second">{t("totp.by_hand")}</p>
      <Secret label={t("totp.secret")} text={parted(offer.secret)} copied={offer.secret} />
      <Secret label={t("totp.uri")} text={offer.uri} href={offer.uri} />
      <CodeField value={code} onInput={setCode} />
    </Form>
  );
}

/** In fours: it is typed by hand. */
function parted(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}

function DropForm({ onDone }: { onDone: () => Promise<void> }) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");

  async function drop(): Promise<void> {
    await send("DELETE", "/session/totp", { password, code });
    await onDone();
  }

  return (
    <Form submit={t("totp.drop")} kind="danger" onSubmit={drop} disabled={password === "" || !isCode(code)}>
      <PasswordField value={password} onInput={setPassword} hint={t("totp.drop_why")} />
      <CodeField value={code} onInput={setCode} />
    </Form>
  );
}
