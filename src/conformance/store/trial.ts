import type { RunRow, RunState } from "../../model/run.js";
import type { Namespace } from "../../spec/call-context.js";
import type { Host } from "../../spec/host.js";
import type { Claim, ClaimRequest, CommitBatch, CommitResult, Store } from "../../spec/store.js";
import { ClauseFailure, present, shown } from "../clause.js";
import { PassingTime } from "../passing-time.js";
import type { ConformanceExpect } from "../runner.js";
import type { Opened } from "../suite.js";
import { NOW_MS } from "./rows.js";
import type { StoreConformanceSetup, StoreUnderTest } from "./setup.js";

type Accepted = Extract<CommitResult, { readonly ok: true }>;
type Refused = Extract<CommitResult, { readonly ok: false }>;

/** Who holds claims in the cases, unless another one is named. */
export const OWNER = "first-owner";
export const RIVAL = "second-owner";

/** How long claims of the cases last, ms. */
export const CLAIM_MS = 30_000;

/** One case's store, with the phrases that cases are written in. */
export class StoreTrial implements Opened {
  readonly setup: StoreConformanceSetup;
  readonly expect: ConformanceExpect;
  readonly time: PassingTime;
  readonly host: Host;
  /** The store, opened. */
  store: Store;
  readonly #underTest: StoreUnderTest;
  readonly #handles: Store[] = [];

  constructor(setup: StoreConformanceSetup, underTest: StoreUnderTest, expect: ConformanceExpect) {
    this.setup = setup;
    this.expect = expect;
    this.host = underTest.host;
    this.store = underTest.store;
    this.time = new PassingTime(underTest.host, underTest.advance);
    this.#underTest = underTest;
    this.#handles.push(underTest.store);
  }

  readonly finish = async (): Promise<void> => {
    for (const handle of this.#handles) await handle.close();
    await this.#underTest.close();
  };

  /** A second process on the same data, or the same handle where the store cannot be shared. */
  async another(): Promise<Store> {
    if (!this.#underTest.another) return this.store;
    const store = await this.#underTest.another();
    this.#handles.push(store);
    await store.open(this.host);
    return store;
  }

  /** What is there after the process was killed and started again. */
  async reopen(): Promise<Store> {
    const reopen = present(this.#underTest.reopen, "The store is declared durable, so `create` has to answer a `reopen`.");
    const store = await reopen();
    // The dropped handle must not be closed: nobody closes the store of a killed process.
    this.#handles.length = 0;
    this.#handles.push(store);
    this.store = store;
    await store.open(this.host);
    return store;
  }

  async begin(): ReturnType<NonNullable<StoreUnderTest["begin"]>> {
    return present(this.#underTest.begin, "`transactions` is declared, so `create` has to answer a `begin`.")();
  }

  namespace(id: string): Namespace {
    return { id, secret: this.host.randomHex(32) };
  }

  commit(batch: Partial<CommitBatch>, options: { readonly store?: Store; readonly tx?: unknown } = {}): Promise<CommitResult> {
    const store = options.store ?? this.store;
    const whole = { nowMs: NOW_MS, claims: [], ...batch };
    return options.tx === undefined ? store.commit(whole) : store.commit(whole, options.tx);
  }

  /** Commits what has to be accepted. */
  async accepted(batch: Partial<CommitBatch>, options?: { readonly store?: Store; readonly tx?: unknown }): Promise<Accepted> {
    const result = await this.commit(batch, options);
    if (!result.ok) throw new ClauseFailure(`A batch that is in order was refused: ${shown(result)}.`);
    return result;
  }

  /** Commits what has to be refused, for this reason. */
  async refused<Reason extends Refused["refused"]>(
    batch: Partial<CommitBatch>,
    reason: Reason,
  ): Promise<Refused & { readonly refused: Reason }> {
    const result = await this.commit(batch);
    if (result.ok) throw new ClauseFailure(`A batch that had to be refused ("${reason}") was accepted.`);
    if (result.refused !== reason) throw new ClauseFailure(`A batch had to be refused because of "${reason}", but: ${shown(result)}.`);
    return result as Refused & { readonly refused: Reason };
  }

  /** Inserts runs, claimed by {@link OWNER} until {@link CLAIM_MS} later. Answers the claims, in the order of the runs. */
  async insertClaimed(...runs: readonly RunRow[]): Promise<readonly Claim[]> {
    const { claims } = await this.accepted({ runs, claimNew: { owner: OWNER, untilMs: NOW_MS + CLAIM_MS } });
    return runs.map((run) =>
      present(
        claims.find(({ id }) => id === run.id),
        `claimNew gave no claim for the new run "${run.id}".`,
      ),
    );
  }

  claim(request: Partial<ClaimRequest>, store = this.store): Promise<readonly Claim[]> {
    return store.claim({ owner: OWNER, nowMs: NOW_MS, untilMs: NOW_MS + CLAIM_MS, scope: "run", limit: 100, ...request });
  }

  async state(runId: string, store = this.store): Promise<RunState> {
    const [state] = await store.load([runId]);
    return present(state, `load() does not know the run "${runId}".`);
  }

  async balance(account: string): Promise<{ readonly held: bigint; readonly spent: bigint }> {
    const [balance] = await this.store.balances([account]);
    return present(balance, `balances() left out the account "${account}".`);
  }
}
