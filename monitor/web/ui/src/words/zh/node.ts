const words = {
  "node.title": "节点",
};

export default words;
