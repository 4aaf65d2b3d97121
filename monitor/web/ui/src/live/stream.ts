/** The stream of `/events`, opened again whenever it breaks, from the last event that was heard. */

export const KINDS = [
  "change",
  "blame",
  "outage",
  "alert",
  "decision",
  "order",
  "board",
  "pulse",
  "anew",
] as const;

export type Kind = (typeof KINDS)[number];

/** What is used of EventSource: tests put another in its place. */
export interface Source {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(kind: string, heard: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface Hearing {
  /** `id` is "" for what nobody has to catch up with (pulse). */
  heard(kind: Kind, data: unknown, id: string): void;
  opened(): void;
  broken(): void;
}

/** A pulse comes every 2 s: when nothing came for so long, the line is dead though nobody said so. */
export const SILENCE = 10_000;

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;

export class Stream {
  private source: Source | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wait = FIRST_WAIT;
  private last: string;

  constructor(
    private readonly open: (last: string) => Source,
    private readonly hearing: Hearing,
    last: string,
  ) {
    this.last = last;
    this.connect();
  }

  /** Nothing more is heard. */
  close(): void {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private connect(): void {
    const source = this.open(this.last);
    this.source = source;
    source.onopen = () => {
      this.wait = FIRST_WAIT;
      this.hearing.opened();
      this.watch();
    };
    source.onerror = () => this.breakOff();
    for (const kind of KINDS) {
      source.addEventListener(kind, (event) => {
        if (this.source === source) this.take(kind, event.data, event.lastEventId);
      });
    }
    this.watch();
  }

  private take(kind: Kind, data: string, id: string): void {
    // A pulse carries no id, but browsers give it the last one that they saw.
    const own = kind === "pulse" ? "" : id;
    if (own !== "") this.last = own;
    this.watch();
    this.hearing.heard(kind, JSON.parse(data), own);
  }

  private watch(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.breakOff(), SILENCE);
  }

  /** Browsers reconnect by themselves, but not after an HTTP error, and never out of a dead line. */
  private breakOff(): void {
    this.close();
    this.hearing.broken();
    this.timer = setTimeout(() => this.connect(), this.wait * (0.5 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }
}
