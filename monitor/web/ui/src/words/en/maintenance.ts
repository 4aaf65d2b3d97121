import type zh from "../zh/maintenance";

const words: Record<keyof typeof zh, string> = {
  "maintenance.title": "Maintenance",
};

export default words;
