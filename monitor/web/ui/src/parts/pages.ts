/** Pages of long lists. Pure. */

/** How many stand before a page: whole pages of `size`, whatever somebody typed into the address. */
export function offsetOf(typed: string | null | undefined, size: number): number {
  const wanted = Math.floor(Number(typed ?? 0) / size) * size;
  return Number.isFinite(wanted) && wanted > 0 ? wanted : 0;
}
