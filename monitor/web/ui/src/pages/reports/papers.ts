/** What the list of made reports says of each. */
import { day } from "../../format";
import { classText, kindText, t } from "../../i18n";
import type { Region, ReportFile, ReportMade } from "../../types";

/** The days that it is about, the last one included. */
export function periodOf(made: ReportMade): string {
  const { from, to } = made.question as { from?: string; to?: string };
  if (from === undefined || to === undefined) return made.title;
  return `${day(from)} – ${day(Date.parse(to) - 1)}`;
}

/** Which watches it is about, in words. */
export function scopeText(made: ReportMade, regions: readonly Region[]): string {
  const pairs = (made.question.scope ?? []) as [string, string][];
  if (pairs.length === 0) return t("reports.all");
  const isOfPoints = pairs.some(([key]) => key === "class");
  const names: Record<string, (value: string) => string> = {
    class: (value) => t("common.class_points", { class: classText(value) }),
    kind: kindText,
    region: (value) => regions.find((each) => each.code === value)?.name ?? value,
  };
  return pairs
    .filter(([key, value]) => !(isOfPoints && key === "kind" && value === "camera")) // only points have a class
    .map(([key, value]) => names[key]?.(value) ?? value)
    .join(" · ");
}

/** `XLSX`; of a PDF or CSV the proof that lies beside it says whose it is. */
export function fileText(file: ReportFile): string {
  const proven = /\.(pdf|csv)\.json$/.exec(file.name);
  return proven === null ? file.form.toUpperCase() : t("reports.proof_of", { form: proven[1].toUpperCase() });
}
