import type zh from "../zh/nodes";

const words: Record<keyof typeof zh, string> = {
  "nodes.title": "Nodes",
};

export default words;
