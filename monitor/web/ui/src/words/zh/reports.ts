const words = {
  "reports.title": "报表",
};

export default words;
