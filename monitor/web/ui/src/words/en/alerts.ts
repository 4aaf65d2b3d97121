import type zh from "../zh/alerts";

const words: Record<keyof typeof zh, string> = {
  "alerts.title": "Alerts",
};

export default words;
