/** The live picture: read once, then kept true by events, changed at most once a frame. */
import { batch, signal } from "@preact/signals";
import type { Board, Collector, Counts, OutageNow, Overview, Shown } from "../types";
import { applyBlame, applyChange, type BlameEvent, type Cells, type ChangeEvent, cellsOf } from "./cells";
import { type Kind, type Source, Stream } from "./stream";

/** The numbers of this moment, every two seconds. */
export interface Pulse {
  time: string;
  headline: { watches: number; counts: Counts; online: number | null; intact: number | null };
  networks: Record<string, Counts>;
  collectors: Collector[];
  ready: boolean;
}

/** Kinds of news after which lists are to be read again. */
export type News = "outage" | "alert" | "decision" | "order" | "board" | "anew";

/** What the store needs of the world. */
export interface World {
  get<T>(path: string): Promise<T>;
  open(last: string): Source;
  /** Calls back before the next picture is drawn. */
  frame(callback: () => void): void;
  /** Milliseconds on a clock that only goes forward. */
  now(): number;
}

const STATES: readonly Shown[] = ["unknown", "down", "degraded", "up"];
const CHANGES_SHOWN = 50;
const REREAD_AFTER = 250;
const OVERVIEW_EVERY = 60_000;
/** After an outage opened, changed or closed: its levels and groups are counted anew by the server. */
const OVERVIEW_AFTER = 1_000;

/** Who took care of an outage stands in no event of it: it is kept, or read with the overview soon after. */
const NOBODY_YET = { alert: null, acked_by: null, assigned_to: null };

interface Heard {
  kind: Kind;
  data: unknown;
  id: string;
}

export class LiveStore {
  /** Every watch; null until it was read. Another object only when the inventory changed or much was missed. */
  readonly board = signal<Cells | null>(null);
  readonly overview = signal<Overview | null>(null);
  readonly pulse = signal<Pulse | null>(null);
  /** Counts the frames in which something on the board changed. */
  readonly version = signal(0);
  /** When something was heard last, on the world's clock; null: never. */
  readonly heardAt = signal<number | null>(null);
  /** Since when nothing is heard, on the world's clock; null: we listen. */
  readonly lostAt = signal<number | null>(null);
  /** Why nothing could be read, from the last try. */
  readonly failure = signal<unknown>(null);

  private stream: Stream | null = null;
  private run = "";
  private reached = 0;
  private isReading = false;
  private isWanted = false;
  private waiting: Heard[] = [];
  private isFrameAsked = false;
  private rereadTimer: ReturnType<typeof setTimeout> | undefined;
  private overviewTimer: ReturnType<typeof setInterval> | undefined;
  private overviewSoon: ReturnType<typeof setTimeout> | undefined;
  private readonly onRows = new Set<(rows: readonly number[]) => void>();
  private readonly onNews = new Set<(kind: News) => void>();

  constructor(private readonly world: World) {}

  /** Read everything and listen. */
  async start(): Promise<void> {
    this.halt();
    this.isWanted = true;
    this.overviewTimer = setInterval(() => void this.readOverview(), OVERVIEW_EVERY);
    await this.readAnew();
  }

  /** Listen no more, and forget: who looks next may be somebody else. */
  stop(): void {
    this.halt();
    batch(() => {
      this.board.value = null;
      this.overview.value = null;
      this.pulse.value = null;
      this.heardAt.value = null;
      this.lostAt.value = null;
    });
  }

  private halt(): void {
    this.isWanted = false;
    this.waiting = [];
    this.stream?.close();
    this.stream = null;
    clearTimeout(this.rereadTimer);
    clearInterval(this.overviewTimer);
    clearTimeout(this.overviewSoon);
    this.overviewSoon = undefined;
  }

  /** Calls with the rows of the board that changed, once a frame. Gives back how to end it. */
  onChange(callback: (rows: readonly number[]) => void): () => void {
    this.onRows.add(callback);
    return () => this.onRows.delete(callback);
  }

  /** Calls when a list that a page shows may have changed. Gives back how to end it. */
  onNewsOf(callback: (kind: News) => void): () => void {
    this.onNews.add(callback);
    return () => this.onNews.delete(callback);
  }

  private async readAnew(): Promise<void> {
    if (this.isReading) return;
    this.isReading = true;
    try {
      const [board, overview] = await Promise.all([
        this.world.get<Board>("/board"),
        this.world.get<Overview>("/overview"),
      ]);
      if (this.isWanted) this.take(board, overview);
    } catch (error) {
      if (!this.isWanted) return;
      this.failure.value = error;
      this.lostAt.value ??= this.world.now();
      this.reread(5_000);
    } finally {
      this.isReading = false;
    }
    this.ask();
  }

  private take(board: Board, overview: Overview): void {
    [this.run, this.reached] = placeOf(board.event);
    batch(() => {
      this.board.value = cellsOf(board);
      this.overview.value = overview;
      this.version.value += 1;
      this.failure.value = null;
      this.hear();
    });
    this.stream ??= new Stream(this.world.open, this, board.event);
  }

  private async readOverview(): Promise<void> {
    try {
      const overview = await this.world.get<Overview>("/overview");
      if (this.isWanted) this.overview.value = overview;
    } catch {
      // the stream says whether the line is lost; the next minute asks again
    }
  }

  /** A storm of outages is read once a second. */
  private readOverviewSoon(): void {
    this.overviewSoon ??= setTimeout(() => {
      this.overviewSoon = undefined;
      void this.readOverview();
    }, OVERVIEW_AFTER);
  }

  private reread(after = REREAD_AFTER): void {
    clearTimeout(this.rereadTimer);
    this.rereadTimer = setTimeout(() => void this.readAnew(), after);
  }

  private hear(): void {
    this.heardAt.value = this.world.now();
    this.lostAt.value = null;
  }

  opened(): void {
    this.lostAt.value = null;
  }

  broken(): void {
    this.lostAt.value ??= this.heardAt.value ?? this.world.now();
  }

  heard(kind: Kind, data: unknown, id: string): void {
    this.waiting.push({ kind, data, id });
    this.hear();
    this.ask();
  }

  /** While the board is being read events wait: which of them it knows already is seen when it is there. */
  private ask(): void {
    if (this.isFrameAsked || this.isReading || this.waiting.length === 0) return;
    this.isFrameAsked = true;
    this.world.frame(() => {
      this.isFrameAsked = false;
      if (!this.isReading) this.apply();
    });
  }

  private apply(): void {
    const waiting = this.waiting;
    this.waiting = [];
    const rows = new Set<number>();
    const news = new Set<News>();
    batch(() => {
      for (const each of waiting) if (this.isNew(each.id)) this.applyOne(each, rows, news);
      if (rows.size > 0) this.version.value += 1;
    });
    if (rows.size > 0) for (const callback of this.onRows) callback([...rows]);
    for (const kind of news) for (const callback of this.onNews) callback(kind);
  }

  /** Whether the board does not know this event yet. Events of another run of the server are all new. */
  private isNew(id: string): boolean {
    if (id === "") return true;
    const [run, number] = placeOf(id);
    if (run === this.run && number <= this.reached) return false;
    [this.run, this.reached] = [run, number];
    return true;
  }

  private applyOne({ kind, data }: Heard, rows: Set<number>, news: Set<News>): void {
    switch (kind) {
      case "change":
        this.turn(data as ChangeEvent, rows);
        break;
      case "blame":
        if (this.board.value) rows.add(applyBlame(this.board.value, data as BlameEvent));
        break;
      case "pulse":
        this.beat(data as Pulse);
        break;
      case "outage":
        this.judge(data as OutageNow);
        this.readOverviewSoon();
        news.add(kind);
        break;
      case "board":
      case "anew":
        this.reread();
        news.add(kind);
        break;
      case "decision":
        this.reread();
        news.add(kind);
        break;
      default:
        news.add(kind);
    }
    rows.delete(-1);
  }

  private turn(change: ChangeEvent, rows: Set<number>): void {
    const cells = this.board.value;
    const row = cells ? applyChange(cells, change) : -1;
    if (row < 0) {
      this.reread(); // a watch that we do not know: the inventory changed
      return;
    }
    rows.add(row);
    const overview = this.overview.value;
    if (overview === null) return;
    const changed = {
      time: new Date(change.since || Date.parse(overview.time)).toISOString(),
      node: change.node,
      name: change.name,
      network: change.network,
      old: STATES[change.old],
      new: STATES[change.new],
      cause: change.cause,
    };
    this.overview.value = {
      ...overview,
      changes: [changed, ...overview.changes].slice(0, CHANGES_SHOWN),
    };
  }

  private judge(outage: OutageNow): void {
    const overview = this.overview.value;
    if (overview === null) return;
    const former = overview.outages.find((each) => each.id === outage.id);
    const others = overview.outages.filter((each) => each.id !== outage.id);
    const outages = outage.phase === "closed" ? others : [{ ...NOBODY_YET, ...former, ...outage }, ...others];
    outages.sort((a, b) => b.affected - a.affected || a.since.localeCompare(b.since));
    this.overview.value = { ...overview, outages };
  }

  private beat(pulse: Pulse): void {
    this.pulse.value = pulse;
    const overview = this.overview.value;
    if (overview === null) return;
    this.overview.value = {
      ...overview,
      time: pulse.time,
      headline: { ...overview.headline, ...pulse.headline },
      networks: overview.networks.map((each) => ({
        ...each,
        counts: pulse.networks[each.id] ?? each.counts,
      })),
      collectors: pulse.collectors,
    };
  }
}

function placeOf(event: string): [string, number] {
  const cut = event.lastIndexOf("-");
  return [event.slice(0, cut), Number(event.slice(cut + 1))];
}
