import type { Claim, CommitBatch } from "../../../spec/store.js";
import { type SeededRandom, seededRandom } from "../../../testing/seeded-random.js";
import { shown } from "../../clause.js";
import { StoreModel } from "../model.js";
import { attemptRow, event, leaseRow, NOW_MS, runRow } from "../rows.js";
import type { StoreTrial } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

const SEEDS = ["quay", "weir", "sluice"];
const STEPS = 120;
const RUNS = ["r0", "r1", "r2", "r3"];
const KEYS = ["k0", "k1", "k2", "k3", "k4", "k5"];
const ACCOUNTS = ["a0", "a1"];
const OWNERS = ["x", "y"];

/** Mostly the version that fits, sometimes another one. */
const someVersion = (random: SeededRandom, stored: number): number => (random.chance(0.9) ? stored + 1 : random.int(1, 4));

/** A batch of a few rows of which about every third has something wrong. */
function someBatch(random: SeededRandom, model: StoreModel, claims: readonly Claim[], nowMs: number): CommitBatch {
  const few = <T>(most: number, make: () => T): readonly T[] => Array.from({ length: random.int(0, most) }, make);
  const runs = few(2, () => {
    const id = random.pick(RUNS);
    return runRow(id, { version: someVersion(random, model.run(id)?.run.version ?? 0), attempts: random.int(0, 9) });
  });
  const attempts = few(1, () => {
    const runId = random.pick(RUNS);
    const number = random.int(1, 3);
    const stored = model.run(runId)?.attempts.find((attempt) => attempt.number === number)?.version ?? 0;
    return attemptRow(runId, number, { version: someVersion(random, stored), exitCode: random.int(0, 9) });
  });
  const leases = few(1, () => {
    const runId = random.pick(RUNS);
    const key = `${runId}-${random.int(1, 2)}`;
    const stored = model.run(runId)?.leases.find((lease) => lease.key === key)?.version ?? 0;
    return leaseRow(runId, { key, version: someVersion(random, stored), releaseTries: random.int(0, 9) });
  });
  const events = few(1, () => {
    const runId = random.pick(RUNS);
    return event(runId, random.chance(0.9) ? model.eventCount(runId) + 1 : random.int(1, 5));
  });
  const ledger = few(2, () => ({
    account: random.pick(ACCOUNTS),
    held: BigInt(random.int(-5, 10)),
    spent: BigInt(random.int(0, 5)),
    limit: 40n,
  }));
  const keys = few(1, () => ({ key: random.pick(KEYS), digest: "d", runId: random.pick(RUNS) }));
  return {
    nowMs,
    claims: claims.length > 0 ? few(1, () => random.pick(claims)) : [],
    runs,
    attempts,
    leases,
    events,
    ledger,
    keys: random.chance(0.2) ? keys : [],
    ...(random.chance(0.5) ? { claimNew: { owner: random.pick(OWNERS), untilMs: nowMs + 50 } } : {}),
  };
}

async function sameAsModel(trial: StoreTrial, model: StoreModel, where: string): Promise<void> {
  for (const id of RUNS) {
    const [state] = await trial.store.load([id]);
    const byKey = (leases: readonly { readonly key: string }[]): unknown => [...leases].sort((a, b) => (a.key < b.key ? -1 : 1));
    const expected = model.run(id);
    trial
      .expect(state && { ...state, leases: byKey(state.leases) }, `${where}: ${id}`)
      .toEqual(expected && { ...expected, leases: byKey(expected.leases) });
    trial.expect((await trial.store.events(id, 0)).length, `${where}: number of events of ${id}`).toBe(model.eventCount(id));
  }
  const balances = await trial.store.balances(ACCOUNTS);
  trial
    .expect(
      balances.map(({ held, spent }) => held + spent),
      `${where}: balances`,
    )
    .toEqual(ACCOUNTS.map((account) => model.total(account)));
  for (const key of KEYS) trial.expect(await trial.store.findKey(key), `${where}: ${key}`).toEqual(model.key(key));
}

async function walk(trial: StoreTrial, seed: string): Promise<void> {
  const random = seededRandom(seed);
  const model = new StoreModel();
  const claims: Claim[] = [];
  for (let step = 0, nowMs = NOW_MS; step < STEPS; step += 1, nowMs += random.int(0, 20)) {
    const where = `seed "${seed}", step ${step}`;
    if (random.chance(0.25)) {
      const request = {
        owner: random.pick(OWNERS),
        nowMs,
        untilMs: nowMs + random.int(1, 60),
        scope: "run",
        ids: random.shuffle(RUNS),
        limit: 2,
      } as const;
      const taken = await trial.store.claim(request);
      trial.expect(byId(taken), `${where}: claims`).toEqual(byId(model.claim(request)));
      claims.push(...taken);
    } else if (claims.length > 0 && random.chance(0.1)) {
      const given = [random.pick(claims)];
      await trial.store.acknowledge(given);
      model.acknowledge(given);
    } else {
      const batch = someBatch(random, model, claims, nowMs);
      const result = await trial.store.commit(batch);
      trial.expect(result.ok ? "ok" : result.refused, `${where}: answer to ${shown(batch)}`).toBe(model.commit(batch));
      if (result.ok) claims.push(...result.claims);
    }
    await sameAsModel(trial, model, where);
  }
}

const byId = (claims: readonly Claim[]): readonly Claim[] => [...claims].sort((a, b) => (a.id < b.id ? -1 : 1));

export const modelClauses: readonly StoreClause[] = SEEDS.map((seed) => ({
  id: `store/model/walk-${seed}`,
  rule: `Random commits, claims and returns have the same outcome as in a tiny model of the contract (seed "${seed}").`,
  run: (trial) => walk(trial, seed),
}));
