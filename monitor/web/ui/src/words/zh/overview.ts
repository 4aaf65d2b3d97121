const words = {
  "overview.title": "总览",
};

export default words;
