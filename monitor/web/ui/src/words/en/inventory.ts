import type zh from "../zh/inventory";

const words: Record<keyof typeof zh, string> = {
  "inventory.title": "Inventory",
};

export default words;
