import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { session } from "../session";
import "../styles/gate.css";

/** The frame of the pages before one is let in. */
export function Gate({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <div class="gate">
      <section class="gate-card" aria-label={title}>
        <header>
          <p class="gate-brand">
            <span class="brand-mark" aria-hidden="true" />
            {session.value?.title} · {t("app.product")}
          </p>
          <h1>{title}</h1>
        </header>
        {children}
      </section>
      <p class="gate-lead">{t("login.lead")}</p>
    </div>
  );
}
