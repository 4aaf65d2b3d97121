import type zh from "../zh/reports";

const words: Record<keyof typeof zh, string> = {
  "reports.title": "Reports",
};

export default words;
