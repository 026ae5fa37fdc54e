import type { LeaseRow } from "../../model/lease.js";
import type { GroupRow } from "../../model/run.js";
import type { Balance, IdempotencyRow } from "../../spec/store.js";
import type { ClaimState } from "./claim-state.js";
import { ObservationLog } from "./observation-log.js";
import type { RunRecord } from "./run-record.js";

/** Everything a memory store holds. */
export interface Tables {
  readonly runs: Map<string, RunRecord>;
  /** Records in order of acceptance, oldest first. */
  accepted: RunRecord[];
  nextOrder: number;
  /** Runs that are not settled: the only ones a claim without ids looks at. */
  readonly unsettled: Set<RunRecord>;
  /** No claim of an unsettled run expires before this time, and none of them is unclaimed: lets an idle `claim` return at once. */
  nothingFreeBeforeMs: number;
  readonly leases: Map<string, LeaseRow>;
  /** Backend -> key -> leases that may exist at the other side. */
  readonly openLeases: Map<string, Map<string, LeaseRow>>;
  readonly groups: Map<string, GroupRow>;
  readonly keys: Map<string, IdempotencyRow>;
  readonly balances: Map<string, Balance>;
  readonly shards: Map<string, ClaimState>;
  readonly observations: ObservationLog;
}

export const newTables = (maxObservations: number): Tables => ({
  runs: new Map(),
  accepted: [],
  nextOrder: 1,
  unsettled: new Set(),
  nothingFreeBeforeMs: Number.POSITIVE_INFINITY,
  leases: new Map(),
  openLeases: new Map(),
  groups: new Map(),
  keys: new Map(),
  balances: new Map(),
  shards: new Map(),
  observations: new ObservationLog(maxObservations),
});

/** Whether something may exist at the backend because of this row. */
export const mayExist = (lease: LeaseRow): boolean => lease.state !== "released" && lease.state !== "absent";
