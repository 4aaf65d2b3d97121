import type zh from "../zh/outages";

const words: Record<keyof typeof zh, string> = {
  "outages.title": "Outages",
};

export default words;
