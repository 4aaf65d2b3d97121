import { t } from "../i18n";
import { Button } from "./Button";
import { toast } from "./Toast";
import "../styles/secret.css";

export interface SecretProps {
  label: string;
  text: string;
  /** What goes to the clipboard, if not the text as it is shown. */
  copied?: string;
  /** It can be opened too. */
  href?: string;
}

/** Something to be taken away: selected by one click, copied by the button where the browser allows it. */
export function Secret({ label, text, copied = text, href }: SecretProps) {
  // Browsers give the clipboard to pages by TLS or of this machine only.
  const canCopy = navigator.clipboard !== undefined;
  return (
    <div class="field">
      <span class="second">{label}</span>
      <div class="secret-line">
        <code class="secret">{href === undefined ? text : <a href={href}>{text}</a>}</code>
        {canCopy && (
          <Button
            onClick={() => void navigator.clipboard.writeText(copied).then(() => toast(t("common.copied")))}
          >
            {t("common.copy")}
          </Button>
        )}
      </div>
    </div>
  );
}
