import type { AttemptRow } from "../model/attempt.js";
import type { DecisionRecord } from "../model/decision.js";
import type { RunEvent } from "../model/event.js";
import type { LeaseRow } from "../model/lease.js";
import type { NanoUsd } from "../model/money.js";
import type { Observation } from "../model/observation.js";
import type { GroupRow, RunRow, RunState, RunStatus } from "../model/run.js";
import type { Namespace } from "./call-context.js";
import type { Host } from "./host.js";

/** Version of the store contract in this package. */
export const STORE_SPEC_VERSION = 1;

/**
 * Where truth is kept. Version 1. Every change of a run goes through {@link Store.commit}, which is atomic; everything
 * else reads. Implementations: memory (forgets at exit), SQLite, Postgres; one suite tests them all.
 */
export interface Store {
  readonly specVersion: typeof STORE_SPEC_VERSION;
  readonly kind: string;
  /** Survives the process. A paid backend is refused with a store that does not. */
  readonly durable: boolean;

  /** Called once before anything else. Idempotent. @throws STATE_VERSION_UNSUPPORTED, STORE_UNAVAILABLE */
  open(host: Host): Promise<void>;

  /** The persisted namespace; the first caller's proposal wins, later ones get that answer. */
  namespace(proposal: Namespace): Promise<Namespace>;

  /**
   * Applies a batch completely or not at all. `tx` is the caller's own transaction handle, where the store takes one:
   * the rows then become visible only when they commit, and the runtime starts nothing before that.
   *
   * @throws STORE_UNAVAILABLE with `effect: "unknown"` when it cannot be said whether the batch was applied.
   */
  commit(batch: CommitBatch, tx?: unknown): Promise<CommitResult>;

  /** Full states, in the order asked, attempts by number; unknown ids are left out. */
  load(runIds: readonly string[]): Promise<readonly RunState[]>;
  /** A group by its id. */
  loadGroup(groupId: string): Promise<GroupRow | undefined>;

  /**
   * Leases that may exist at the backend (`intended`, `open`, `releasing`), whoever owns them: what the reconciler
   * compares a backend's list with.
   */
  openLeases(backend: string): Promise<readonly LeaseRow[]>;

  /**
   * Summaries, the last accepted first. A page that is not the last one has a cursor; runs accepted meanwhile do not
   * shift later pages. The default limit is 100. @throws INVALID_CONFIG when the cursor is not this store's.
   */
  query(query: RunQuery): Promise<RunPage>;

  /** Looks an idempotency key up. */
  findKey(key: string): Promise<IdempotencyRow | undefined>;

  /** Events of a run with `sequence > after`, in order. */
  events(runId: string, after: number): Promise<readonly RunEvent[]>;
  /** Decision records of a run, oldest first. */
  decisions(runId: string): Promise<readonly DecisionRecord[]>;

  /** Balances of accounts; unknown ones are zero. */
  balances(accounts: readonly string[]): Promise<readonly Balance[]>;

  /** Every observation committed after `cursor`, oldest first, and the next cursor. Feeds the estimators of all processes. */
  observations(cursor: number): Promise<{ readonly observations: readonly Observation[]; readonly cursor: number }>;

  /**
   * Takes or renews claims. A run claim is the right to write a run, its attempts and its leases; a shard claim the
   * right to do a periodic chore (such as reconciling one backend). Each successful claim of a resource by a *new*
   * owner raises its fence by one; renewing keeps it. Expired claims are free to anybody.
   */
  claim(request: ClaimRequest): Promise<readonly Claim[]>;

  /** Gives claims back, so that others need not wait for the expiry. Unknown or moved claims are ignored. */
  acknowledge(claims: readonly Claim[]): Promise<void>;

  /** Calls `listener` with the id of every run that a commit of *any* process changed, soon after. Returns the end of it. */
  watch(listener: (runId: string) => void): () => void;

  /**
   * Forgets settled runs that ended before the time given, with everything of theirs, their idempotency keys, and groups
   * that have lost their last member. A run with a lease that may still exist is kept. Answers how many runs went.
   */
  purge(endedBeforeMs: number): Promise<number>;

  /** Ends the store's use by this process. Idempotent. */
  close(): Promise<void>;
}

/** What an idempotency key stands for. */
export interface IdempotencyRow {
  readonly key: string;
  /** Digest of the workload or group: the same key with another digest is refused. */
  readonly digest: string;
  readonly runId?: string;
  readonly groupId?: string;
}

/** A bounded change of one account. Refused when it would raise `held + spent` above `limit`; lowering is never refused. */
export interface LedgerEntry {
  readonly account: string;
  readonly held: NanoUsd;
  readonly spent: NanoUsd;
  /** Cap to check against; absent: unlimited. */
  readonly limit?: NanoUsd;
}

/** What an account holds and has spent. */
export interface Balance {
  readonly account: string;
  readonly held: NanoUsd;
  readonly spent: NanoUsd;
}

/**
 * One atomic change. Rows are written whole: a row with `version` n replaces version n - 1 (1 inserts), any other
 * stored version refuses the batch. So do a row that comes twice, a row of a run that neither exists nor is inserted by
 * the batch, and an event that does not continue its run's sequence. Several things may be wrong at once: claims are
 * looked at first, then keys, then versions, then the ledger.
 */
export interface CommitBatch {
  readonly nowMs: number;
  /** Claims under which this is written. The batch is refused if any has moved or expired. Inserts of new runs carry none. */
  readonly claims: readonly Claim[];
  readonly runs?: readonly RunRow[];
  readonly attempts?: readonly AttemptRow[];
  readonly leases?: readonly LeaseRow[];
  readonly groups?: readonly GroupRow[];
  /** Count in order, each on top of the earlier ones of the same account. */
  readonly ledger?: readonly LedgerEntry[];
  readonly events?: readonly RunEvent[];
  readonly decisions?: readonly DecisionRecord[];
  readonly observations?: readonly Observation[];
  /** Inserts; an existing key refuses the batch. */
  readonly keys?: readonly IdempotencyRow[];
  /** Claims to take for the newly inserted runs in the same step. */
  readonly claimNew?: { readonly owner: string; readonly untilMs: number };
}

/**
 * What became of a batch. `claims` are those taken by `claimNew`. `id` is that of the run, lease, group or shard;
 * `<run>/<number>` for an attempt. `available` is what the account still takes, 0 when it is over its limit.
 */
export type CommitResult =
  | { readonly ok: true; readonly claims: readonly Claim[] }
  | { readonly ok: false; readonly refused: "version" | "claim"; readonly id: string }
  | { readonly ok: false; readonly refused: "ledger"; readonly account: string; readonly available: NanoUsd }
  | { readonly ok: false; readonly refused: "key"; readonly existing: IdempotencyRow };

/** The right of one owner to write something, for a while. */
export interface Claim {
  readonly scope: "run" | "shard";
  readonly id: string;
  readonly owner: string;
  readonly fence: number;
  readonly untilMs: number;
}

/** What is to be claimed. */
export interface ClaimRequest {
  readonly owner: string;
  readonly nowMs: number;
  readonly untilMs: number;
  readonly scope: "run" | "shard";
  /**
   * Exactly these; absent with scope `run`: any unsettled run whose claim is free, oldest wake-up first (a run without
   * `wakeAtMs` counts from its acceptance). A claim is free when it was given back or `untilMs <= nowMs`.
   */
  readonly ids?: readonly string[];
  readonly limit: number;
}

/** Which runs a listing is about; all conditions must hold. */
export interface RunQuery {
  readonly status?: readonly RunStatus[];
  readonly tenant?: string;
  readonly groupId?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly settled?: boolean;
  readonly limit?: number;
  /** From a previous page. */
  readonly cursor?: string;
}

/** A run in a listing. */
export interface RunSummary {
  readonly id: string;
  readonly status: RunStatus;
  readonly name?: string;
  readonly kind: string;
  readonly tenant?: string;
  readonly groupId?: string;
  readonly acceptedAtMs: number;
  readonly endedAtMs?: number;
  readonly attempts: number;
  readonly settled: boolean;
}

/** A page of a listing. */
export interface RunPage {
  readonly runs: readonly RunSummary[];
  readonly cursor?: string;
}
