/** What the board knows of nodes. */
import { board } from "../live";

/** The name of a node; its id where it is not watched. */
export function nodeName(id: string): string {
  const row = board.value?.id.indexOf(id) ?? -1;
  return board.value?.name[row] || id;
}

/** Nothing hangs behind a camera. */
export function isCamera(id: string): boolean {
  const cells = board.value;
  const row = cells?.id.indexOf(id) ?? -1;
  return cells !== null && row >= 0 && cells.kinds[cells.kind[row]] === "camera";
}
