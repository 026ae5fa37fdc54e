import type { Claim, ClaimRequest } from "../../spec/store.js";
import { type ClaimState, grant, isFree } from "./claim-state.js";
import type { RunRecord } from "./run-record.js";
import type { Tables } from "./tables.js";

/** Takes or renews what the request asks for and what is free or the owner's already, up to its limit. */
export function claimResources(tables: Tables, request: ClaimRequest): readonly Claim[] {
  if (request.ids) return claimNamed(tables, request, request.ids);
  return request.scope === "run" ? claimOldest(tables, request) : [];
}

/** Gives claims back. A claim that has moved to another owner is none of the caller's business and stays. */
export function giveBack(tables: Tables, claims: readonly Claim[]): void {
  for (const claim of claims) {
    const state = stateOf(tables, claim.scope, claim.id);
    if (!state || state.owner !== claim.owner || state.fence !== claim.fence) continue;
    state.owner = undefined;
    if (claim.scope === "run") tables.nothingFreeBeforeMs = Number.NEGATIVE_INFINITY;
  }
}

const stateOf = (tables: Tables, scope: Claim["scope"], id: string): ClaimState | undefined =>
  scope === "run" ? tables.runs.get(id)?.claim : tables.shards.get(id);

function claimNamed(tables: Tables, request: ClaimRequest, ids: readonly string[]): readonly Claim[] {
  const claims: Claim[] = [];
  for (const id of ids) {
    if (claims.length >= request.limit) break;
    if (request.scope === "shard" && !tables.shards.has(id)) tables.shards.set(id, { owner: undefined, fence: 0, untilMs: 0 });
    const state = stateOf(tables, request.scope, id);
    if (!state || !(state.owner === request.owner || isFree(state, request.nowMs))) continue;
    claims.push(take(state, request, id));
    if (request.scope === "run") tables.nothingFreeBeforeMs = Math.min(tables.nothingFreeBeforeMs, request.untilMs);
  }
  return claims;
}

/** Unsettled runs whose claim is free, the one that has been due for longest first. */
function claimOldest(tables: Tables, request: ClaimRequest): readonly Claim[] {
  if (request.nowMs < tables.nothingFreeBeforeMs || request.limit <= 0) return [];
  const oldest = new OldestFirst(request.limit);
  let nextExpiryMs = request.untilMs;
  let free = 0;
  for (const record of tables.unsettled) {
    if (isFree(record.claim, request.nowMs)) {
      free += 1;
      oldest.offer(record);
    } else if (record.claim.untilMs < nextExpiryMs) {
      nextExpiryMs = record.claim.untilMs;
    }
  }
  tables.nothingFreeBeforeMs = free > request.limit ? Number.NEGATIVE_INFINITY : nextExpiryMs;
  return oldest.records.map((record) => take(record.claim, request, record.run.id));
}

function take(state: ClaimState, { owner, scope, untilMs }: ClaimRequest, id: string): Claim {
  grant(state, owner, untilMs);
  return { scope, id, owner, fence: state.fence, untilMs };
}

/** A run without a timer has been due since it was accepted: nobody has looked at it yet. */
const dueMs = (record: RunRecord): number => record.run.wakeAtMs ?? record.run.acceptedAtMs;

/** Keeps the few oldest of many records in order, so that taking over a long queue bit by bit never sorts all of it. */
class OldestFirst {
  readonly records: RunRecord[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  offer(record: RunRecord): void {
    const { records } = this;
    const last = records[records.length - 1];
    if (records.length >= this.#limit && last && !isBefore(record, last)) return;
    let low = 0;
    let high = records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = records[middle];
      if (other && isBefore(record, other)) high = middle;
      else low = middle + 1;
    }
    records.splice(low, 0, record);
    if (records.length > this.#limit) records.pop();
  }
}

const isBefore = (a: RunRecord, b: RunRecord): boolean => dueMs(a) < dueMs(b) || (dueMs(a) === dueMs(b) && a.order < b.order);
