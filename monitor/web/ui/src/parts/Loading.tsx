import { t } from "../i18n";

/** Says what is waited for. Shown after a moment only: what is quick needs no word. */
export function Loading({ what }: { what?: string }) {
  return (
    <p class="loading" role="status">
      {what ?? t("common.loading")}
    </p>
  );
}
