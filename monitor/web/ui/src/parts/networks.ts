/** What the networks are called. */
import { overview } from "../live";

/** The name of a network; its id until the site is known. */
export function networkName(id: string): string {
  return overview.value?.networks.find((each) => each.id === id)?.name ?? id;
}
