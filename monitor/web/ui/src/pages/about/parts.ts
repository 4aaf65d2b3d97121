import { word } from "../../i18n";

/** The name of a part in words: what it is, and which of them (`collect video-0of1` → 采集 video-0of1). */
export function partText(name: string): string {
  const [kind, ...which] = name.split(" ");
  return [word("system", kind), ...which].join(" ");
}
