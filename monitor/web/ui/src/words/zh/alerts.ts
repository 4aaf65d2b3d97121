const words = {
  "alerts.title": "告警",
};

export default words;
