/** The audit trail in words: the server keeps names, people read these. */
import { fullMoment } from "../../format";
import { t, word } from "../../i18n";

/** What the server records, in the order in which one looks for it. */
export const ACTIONS: readonly string[] = [
  "login",
  "logout",
  "link.first",
  "link.redeem",
  "password.change",
  "totp.offer",
  "totp.confirm",
  "totp.drop",
  "session.end",
  "session.end_others",
  "token.make",
  "token.drop",
  "token.revoke",
  "account.make",
  "account.change",
  "account.reset",
  "account.unlock",
  "account.end_sessions",
  "alert.ack",
  "alert.assign",
  "alert.note",
  "outage.assign",
  "outage.note",
  "silence.begin",
  "silence.end",
  "maintenance.ask",
  "maintenance.approve",
  "maintenance.end",
  "correction.ask",
  "node.probe",
  "report.preview",
  "report.make",
  "report.download",
  "report.verify",
  "inventory.download",
  "inventory.preview",
  "inventory.apply",
];

/** What an action says beside itself, as one line that people read. */
export function factsText(facts: Record<string, unknown>): string {
  return Object.entries(facts)
    .filter(([, value]) => !(Array.isArray(value) && value.length === 0))
    .map(([name, value]) => `${word("fact", name)}: ${valueText(name, value)}`)
    .join(" · ");
}

/** By which words the value of a fact is told, where it is a name of the API. */
const WORDS: Record<string, string> = { roles: "role", permissions: "permission", by: "by", state: "state" };

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function valueText(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((each) => valueText(name, each)).join(", ");
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  const text = String(value);
  if (MOMENT.test(text)) return fullMoment(text);
  return name in WORDS ? word(WORDS[name], text) : text;
}
