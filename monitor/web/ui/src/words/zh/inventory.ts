const words = {
  "inventory.title": "清单",
};

export default words;
