const words = {
  "nodes.title": "节点",
};

export default words;
