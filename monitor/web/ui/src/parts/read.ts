import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { get, type Query } from "../api";
import { board, type News, onChange, onNews } from "../live";

export interface Reading<T> {
  /** Null until it was read once; what was read before stays while it is read again. */
  data: T | null;
  /** Why the last try failed; null: it did not. */
  error: unknown;
  isReading: boolean;
  /** When `data` was read, in milliseconds; null: never. */
  at: number | null;
  /** It is older than twice its interval: show it in grey. */
  isStale: boolean;
  /** Read again now. */
  again: () => void;
}

export interface ReadOptions {
  /** Seconds after which it is read again by itself. */
  every?: number;
  /** Kinds of news after which it is read again. */
  on?: readonly News[];
  /** Nodes after whose change of state it is read again. */
  nodes?: readonly string[];
}

/** Reads from the API what a page shows; `path` null: nothing yet. Another path or query is read at once. */
export function useRead<T>(path: string | null, query: Query = {}, options: ReadOptions = {}): Reading<T> {
  const [state, setState] = useState<Omit<Reading<T>, "again" | "isStale">>(NOTHING_READ);
  const running = useRef<AbortController | null>(null);
  const asked = JSON.stringify([path, query]);

  const again = useCallback(() => {
    running.current?.abort();
    if (path === null) return;
    const own = new AbortController();
    running.current = own;
    setState((former) => ({ ...former, isReading: true }));
    get<T>(path, query, own.signal).then(
      (data) => setState({ data, error: null, isReading: false, at: Date.now() }),
      (error: unknown) => {
        if (!own.signal.aborted) setState((former) => ({ ...former, error, isReading: false }));
      },
    );
  }, [asked]);

  useEffect(() => {
    again();
    return () => running.current?.abort();
  }, [again]);
  const kept = [again, options.every, options.on?.join(), options.nodes?.join()];
  useReadAgain(again, options, kept);
  const isStale =
    options.every !== undefined && state.at !== null && Date.now() - state.at > 2000 * options.every;
  return { ...state, isStale, again };
}

const NOTHING_READ = { data: null, error: null, isReading: true, at: null };
const SOON = 300;

function useReadAgain(again: () => void, options: ReadOptions, inputs: readonly unknown[]): void {
  useEffect(() => {
    const { every, on = [], nodes = [] } = options;
    let soon: ReturnType<typeof setTimeout> | undefined;
    const timer = every === undefined ? undefined : setInterval(again, every * 1000);
    const read = (): void => {
      clearTimeout(soon); // a storm of news is read once
      soon = setTimeout(again, SOON);
    };
    const ends = [
      onNews((kind) => {
        if (kind === "anew" || on.includes(kind)) read();
      }),
      onChange((rows) => {
        if (rows.some((row) => nodes.includes(board.value?.id[row] ?? ""))) read();
      }),
    ];
    return () => {
      for (const end of ends) end();
      clearInterval(timer);
      clearTimeout(soon);
    };
  }, inputs);
}
