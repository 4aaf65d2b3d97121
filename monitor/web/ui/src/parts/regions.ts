/** The areas of the site, read once for all pages. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api";
import type { Region, Regions } from "../types";

const known = signal<readonly Region[] | null>(null);
let isAsked = false;

/** Null until they are read. What cannot be read stays null: codes are shown then. */
export function useRegions(): readonly Region[] | null {
  useEffect(() => {
    if (isAsked) return;
    isAsked = true;
    get<Regions>("/regions").then(
      (found) => {
        known.value = found.regions;
      },
      () => {
        isAsked = false; // the next page asks again
      },
    );
  }, []);
  return known.value;
}
