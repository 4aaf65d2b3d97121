import { t } from "../i18n";
import { session } from "../session";
import { Field } from "./Field";

/** Characters of a password, until the site has said how many. */
const LEAST = 12;

/** A new password as it is typed, twice. */
export interface NewPassword {
  password: string;
  again: string;
  /** Both are there and the same; whether it is good enough the server says. */
  isRight: boolean;
}

export const newPassword: NewPassword = { password: "", again: "", isRight: false };

export interface NewPasswordProps {
  typed: NewPassword;
  onTyped: (typed: NewPassword) => void;
  autoFocus?: boolean;
}

export function NewPasswordFields({ typed, onTyped, autoFocus }: NewPasswordProps) {
  const { password, again } = typed;
  const change = (next: Pick<NewPassword, "password" | "again">): void =>
    onTyped({ ...next, isRight: next.password !== "" && next.password === next.again });
  const differ = again !== "" && !password.startsWith(again) && password !== again;
  return (
    <>
      <Field
        label={t("password.new")}
        value={password}
        onInput={(value) => change({ password: value, again })}
        type="password"
        hint={t("password.rules", { n: session.value?.password_length ?? LEAST })}
        autoComplete="new-password"
        maxLength={256}
        autoFocus={autoFocus}
      />
      <Field
        label={t("password.again")}
        value={again}
        onInput={(value) => change({ password, again: value })}
        type="password"
        error={differ ? t("password.differ") : null}
        autoComplete="new-password"
        maxLength={256}
      />
    </>
  );
}
