const words = {
  "accounts.title": "账号",
};

export default words;
