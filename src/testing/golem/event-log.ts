import { Bell, type Patience } from "./bell.js";
import type { YagnaWorld } from "./world.js";

interface Entry {
  readonly atMs: number;
  readonly session: string | undefined;
  readonly event: object;
}

/** Which events somebody wants. */
export interface EventQuery {
  /** Only strictly later ones. */
  readonly afterMs: number;
  readonly most: number;
  /** Only those of one client; absent: all. */
  readonly session?: string;
}

/** Events that are read by a cursor: those of agreements, debit notes and invoices. */
export class EventLog {
  readonly #world: YagnaWorld;
  readonly #bell: Bell;
  #entries: Entry[] = [];
  #lastMs = 0;

  constructor(world: YagnaWorld) {
    this.#world = world;
    this.#bell = new Bell(world);
  }

  /** Adds an event. No two have the same date, for the cursor would leave one of them out. */
  append(make: (eventDate: string) => object, session: string | undefined): void {
    const atMs = Math.max(this.#lastMs + 1, this.#world.wallMs());
    this.#lastMs = atMs;
    this.#entries.push({ atMs, session, event: make(this.#world.iso(atMs)) });
    this.#bell.ring();
  }

  /** Waits until there are some, and answers with none when time is over. */
  async read(query: EventQuery, patience: Patience): Promise<readonly object[]> {
    const look = (): readonly object[] | undefined => {
      const found = this.#entries
        .filter(({ atMs, session }) => atMs > query.afterMs && (query.session === undefined || session === query.session))
        .slice(0, query.most)
        .map(({ event }) => event);
      return found.length === 0 ? undefined : found;
    };
    return (await this.#bell.wait(look, patience)) ?? [];
  }

  forget(): void {
    this.#entries = [];
  }
}
