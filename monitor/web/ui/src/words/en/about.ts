import type zh from "../zh/about";

const words: Record<keyof typeof zh, string> = {
  "about.title": "About",
};

export default words;
