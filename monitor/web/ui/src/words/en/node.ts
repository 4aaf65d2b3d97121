import type zh from "../zh/node";

const words: Record<keyof typeof zh, string> = {
  "node.title": "Node",
};

export default words;
