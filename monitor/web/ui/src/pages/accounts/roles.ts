/** Which roles may be one account's (三员分立): the server decides, this only says so before. */
export const ROLES = ["viewer", "operator", "approver", "auditor", "admin", "security"] as const;

export type Role = (typeof ROLES)[number];

const APART: readonly Role[] = ["auditor", "admin", "security"];

/** Of the three kept apart one at most, and beside it nobody but a viewer. */
export function mayGoTogether(roles: readonly Role[]): boolean {
  const apart = roles.filter((role) => APART.includes(role));
  const others = roles.filter((role) => !APART.includes(role) && role !== "viewer");
  return apart.length <= 1 && (apart.length === 0 || others.length === 0);
}

/** Whether the server takes it as the name of an account. */
export const isAccountName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text);
