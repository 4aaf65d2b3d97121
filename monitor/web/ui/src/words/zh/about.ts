const words = {
  "about.title": "关于",
};

export default words;
