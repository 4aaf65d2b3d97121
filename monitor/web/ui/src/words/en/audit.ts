import type zh from "../zh/audit";

const words: Record<keyof typeof zh, string> = {
  "audit.title": "Audit",
};

export default words;
