import type zh from "../zh/overview";

const words: Record<keyof typeof zh, string> = {
  "overview.title": "Overview",
};

export default words;
