const words = {
  "accounts.title": "Accounts",
  "accounts.make": "make an account",
  "accounts.account": "account",
  "accounts.account_hint": "letters, digits and . _ @ -, up to 64",
  "accounts.account_wrong": "begins with a letter or digit, and has letters, digits and . _ @ - only",
  "accounts.name": "name",
  "accounts.roles": "roles",
  "accounts.apart":
    "Separation of duties: auditor, system administrator and security administrator exclude each other, and go with viewer alone.",
  "accounts.apart_wrong": "One account may not have these roles together.",
  "accounts.made": "The account is made. Give this one-time link to its owner (shown only now):",
  "accounts.reset_done": "Done. Give this one-time link to its owner (shown only now):",
  "accounts.link": "one-time link",
  "accounts.link_until": "Good until {at}, and once.",
  "accounts.state": "state",
  "accounts.active": "active",
  "accounts.disabled": "disabled",
  "accounts.waiting": "no password yet",
  "accounts.locked": "locked until {at}, from one place at least",
  "accounts.totp": "authenticator",
  "accounts.last": "last login",
  "accounts.never": "never",
  "accounts.change": "change",
  "accounts.changed": "Changed; the sessions of this account are over.",
  "accounts.close": "close the account",
  "accounts.close_sure":
    "{name} is logged out at once, tokens end, and nobody can log in until it is enabled again.",
  "accounts.enabled": "enabled",
  "accounts.reset": "reset",
  "accounts.reset_sure":
    "Reset {name}? Password, authenticator, tokens and sessions are no more; its owner sets them anew by a one-time link.",
  "accounts.unlock": "unlock",
  "accounts.unlocked": "It may log in again.",
  "accounts.end": "end its sessions",
  "accounts.end_sure": "{name} is logged out wherever they are, and has to log in again.",
  "accounts.ended": "All its sessions are over.",
  "accounts.tokens": "all tokens",
  "accounts.no_tokens": "There is no token",
  "accounts.no_tokens_how":
    "People make tokens for their programs on the page of their own account; here any of them can be revoked.",
};

export default words;
