const words = {
  "maintenance.title": "维护",
};

export default words;
