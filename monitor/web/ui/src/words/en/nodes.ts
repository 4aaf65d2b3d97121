const words = {
  "nodes.title": "Nodes",
  "nodes.text": "code or name",
  "nodes.empty": "No such watch",
  "nodes.empty_how": "Ask for less. Nodes come from the node list, which the system administrator keeps.",
  "nodes.any_state": "any state",
  "nodes.any_network": "any network",
  "nodes.any_region": "any region",
  "nodes.any_kind": "any kind",
  "nodes.any_class": "any class",
  "nodes.any_contractor": "any contractor",
  "nodes.behind": "only what is directly behind {node}",
  "nodes.behind_any": "behind any",
  "nodes.clear": "clear the filters",
};

export default words;
