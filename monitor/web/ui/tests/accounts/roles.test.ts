import { expect, test } from "vitest";
import { isAccountName, mayGoTogether, type Role } from "../../src/pages/accounts/roles";

test.each<[Role[], boolean]>([
  [["viewer"], true],
  [["operator", "approver", "viewer"], true],
  [["auditor"], true],
  [["auditor", "viewer"], true],
  [["auditor", "operator"], false],
  [["approver", "admin"], false],
  [["admin", "security"], false],
  [["auditor", "admin", "security"], false],
])("%j in one account: %s (separation of duties)", (roles, may) => {
  expect(mayGoTogether(roles)).toBe(may);
});

test.each([
  ["li.wei@maoming-1", true],
  ["7", true],
  ["a".repeat(64), true],
  ["a".repeat(65), false],
  [".li", false],
  ["li wei", false],
  ["李伟", false],
  ["", false],
])("%s as the name of an account: %s", (text, is) => {
  expect(isAccountName(text)).toBe(is);
});
