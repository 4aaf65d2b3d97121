import type zh from "../zh/accounts";

const words: Record<keyof typeof zh, string> = {
  "accounts.title": "Accounts",
};

export default words;
