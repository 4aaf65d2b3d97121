const words = {
  "audit.title": "审计",
};

export default words;
