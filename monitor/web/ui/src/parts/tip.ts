/**
 * What a chart says where it is pointed at: lines of text, the first one in bold. It has to be an element: the
 * markup that ECharts writes by itself has style attributes, which the CSP forbids.
 */
export function tip(head: string, lines: readonly string[]): HTMLElement {
  const frame = document.createElement("div");
  const bold = document.createElement("strong");
  bold.textContent = head;
  frame.append(bold);
  for (const line of lines) {
    const row = document.createElement("div");
    row.textContent = line;
    frame.append(row);
  }
  return frame;
}
