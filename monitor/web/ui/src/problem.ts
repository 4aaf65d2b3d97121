/** What went wrong, in words for people. */
import { ProblemError } from "./api";
import { t } from "./i18n";

export function problemText(error: unknown): string {
  if (error instanceof ProblemError) {
    if (error.status === 0) return t("common.unreachable");
    return error.detail || error.title || String(error.status);
  }
  return error instanceof Error ? error.message : String(error);
}
