const words = {
  "outages.title": "故障",
};

export default words;
