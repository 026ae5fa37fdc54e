import type { Host } from "../../spec/host.js";
import type { Store } from "../../spec/store.js";
import type { ConformanceLevel } from "../report.js";
import type { CommonSetup } from "../suite.js";

/** What an author says of a store, and how the suite gets one. */
export interface StoreConformanceSetup extends CommonSetup {
  /** The store's `kind`. */
  readonly kind: string;
  /** Equal to the store's own `durable`; the durable clauses then need {@link StoreUnderTest.reopen}. */
  readonly durable: boolean;
  /** `commit` takes a caller's transaction; the clauses then need {@link StoreUnderTest.begin}. Default false. */
  readonly transactions?: boolean;
  /**
   * Whether the real database takes part.
   * @defaultValue "offline"
   */
  readonly level?: ConformanceLevel;
  /** A new, empty store for each case. */
  readonly create: () => Promise<StoreUnderTest>;
  /**
   * How soon after a commit listeners of `watch` must have heard of it.
   * @unit ms
   * @defaultValue 2_000
   */
  readonly watchMs?: number;
}

/** A store for one case, and what surrounds it. */
export interface StoreUnderTest {
  /** Not opened yet. */
  readonly store: Store;
  /** What the store is opened with. */
  readonly host: Host;
  /** Virtual hosts only: lets so much time pass, with all that falls due and all I/O that is under way. */
  readonly advance?: (ms: number) => Promise<void>;
  /**
   * Another handle on the same data, as a second process would hold it at the same time; not opened yet. Absent: the
   * store cannot be shared between processes, and one handle plays both.
   */
  readonly another?: () => Promise<Store>;
  /** Durable stores: drops the handle as a killed process would, without closing it, and answers a new one on the same data; not opened yet. */
  readonly reopen?: () => Promise<Store>;
  /** Begins a transaction of the caller's own. */
  readonly begin?: () => Promise<CallerTransaction>;
  /** Removes the data. */
  readonly close: () => Promise<void>;
}

/** A transaction that the caller of the store began and ends. */
export interface CallerTransaction {
  /** What is passed as `tx`. */
  readonly tx: unknown;
  /** Makes everything in it happen. */
  readonly commit: () => Promise<void>;
  /** Makes everything in it not have happened. */
  readonly rollback: () => Promise<void>;
}
