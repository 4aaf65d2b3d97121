/** The size of an element, for drawings whose text must not be stretched with them. */

import type { RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

export interface Size {
  width: number;
  height: number;
}

/** Give the reference to the element; the size is 0 × 0 until it is known. */
export function useSize<E extends Element>(): [RefObject<E | null>, Size] {
  const element = useRef<E>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    if (element.current === null) return;
    const watcher = new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      const height = Math.floor(entry.contentRect.height);
      setSize((former) => (former.width === width && former.height === height ? former : { width, height }));
    });
    watcher.observe(element.current);
    return () => watcher.disconnect();
  }, []);
  return [element, size];
}
