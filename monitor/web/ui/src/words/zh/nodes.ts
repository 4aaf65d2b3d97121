const words = {
  "nodes.title": "节点",
  "nodes.text": "编码或名称",
  "nodes.empty": "没有符合条件的监测项",
  "nodes.empty_how": "放宽筛选条件；节点来自节点清单，由系统管理员维护。",
  "nodes.any_state": "全部状态",
  "nodes.any_network": "全部网络",
  "nodes.any_region": "全部区划",
  "nodes.any_kind": "全部类型",
  "nodes.any_class": "全部类别",
  "nodes.any_contractor": "全部运维单位",
  "nodes.behind": "只看直接在 {node} 之下的节点",
  "nodes.behind_any": "不限上级",
  "nodes.clear": "清除筛选",
};

export default words;
