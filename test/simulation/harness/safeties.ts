import { canonicalJson } from "../../../src/model/canonical-json.js";
import type { ArtifactStore } from "../../../src/spec/artifact-store.js";
import type { Backend } from "../../../src/spec/backend.js";
import type { CommitBatch, Store } from "../../../src/spec/store.js";
import type { Verifier } from "../../../src/spec/verifier.js";
import { reusing, type Scenario } from "./scenario.js";

/**
 * Safeties that a simulation can run without, one at a time, to show that it would notice. Each takes the safety away
 * at the border where the engine relies on it; the engine itself is never changed.
 */
export interface Removal {
  /** What a violation that is due to the missing safety says. */
  readonly shows: RegExp;
  /** Makes the situation frequent in which the safety is needed. */
  readonly emphasis?: (scenario: Scenario) => Scenario;
  readonly store?: (store: Store) => Store;
  readonly backend?: (backend: Backend) => Backend;
  readonly artifacts?: (artifacts: ArtifactStore) => ArtifactStore;
  readonly reconcileEvery?: number;
  readonly verifier?: Verifier;
}

/** Lets every row through, whatever its version and whoever holds the claim. */
function unfenced(store: Store): Store {
  return {
    ...store,
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      if (result.ok || (result.refused !== "claim" && result.refused !== "version")) return result;
      return store.commit(await asNext(store, batch), tx);
    },
  };
}

/** The same batch with the versions that the store would accept, and without claims. */
async function asNext(store: Store, batch: CommitBatch): Promise<CommitBatch> {
  const runIds = [...new Set([...(batch.runs ?? []).map(({ id }) => id), ...(batch.attempts ?? []).map(({ runId }) => runId)])];
  const states = await store.load(runIds);
  const leaseVersion = (key: string): number => states.flatMap(({ leases }) => leases).find((lease) => lease.key === key)?.version ?? 0;
  const attemptVersion = (runId: string, number: number): number =>
    states.find(({ run }) => run.id === runId)?.attempts.find((attempt) => attempt.number === number)?.version ?? 0;
  const last = (runId: string): number => states.find(({ run }) => run.id === runId)?.run.eventCount ?? 0;
  return {
    ...batch,
    claims: [],
    runs: (batch.runs ?? []).map((run) => ({ ...run, version: (states.find((state) => state.run.id === run.id)?.run.version ?? 0) + 1 })),
    attempts: (batch.attempts ?? []).map((attempt) => ({ ...attempt, version: attemptVersion(attempt.runId, attempt.number) + 1 })),
    leases: (batch.leases ?? []).map((lease) => ({ ...lease, version: leaseVersion(lease.key) + 1 })),
    events: (batch.events ?? []).map((event, index) => ({ ...event, sequence: last(event.runId) + 1 + index })),
  };
}

const swallow = (backend: Backend): Backend => ({ ...backend, release: () => Promise.resolve("released") });

const blind = (backend: Backend): Backend => ({
  ...backend,
  find: (intents) => Promise.resolve(intents.map(({ key }) => ({ kind: "absent", key }))),
});

/** All attempts of a run write to one place. */
function shared(artifacts: ArtifactStore): ArtifactStore {
  return {
    ...artifacts,
    put: (uri, body, options) => artifacts.put(uri.replace(/^(mem:\/\/workspace\/[^/]+\/)[^/]+\//, "$1shared/"), body, options),
  };
}

const uncapped = (store: Store): Store => ({
  ...store,
  commit: (batch, tx) =>
    store.commit({ ...batch, ledger: (batch.ledger ?? []).map(({ account, held, spent }) => ({ account, held, spent })) }, tx),
  balances: async (accounts) => accounts.map((account) => ({ account, held: 0n, spent: 0n })),
});

const gullible: Verifier = {
  name: "gullible",
  plan: () => ({ replicas: 2, distinct: "operator" }),
  judge: (_workload, results) => ({ kind: "accept", winner: results[0]?.attempt ?? 1, errorProbability: 0, agreed: [], wrong: [] }),
};

/** Dead processes keep their runs for ever. */
const immortal = (store: Store): Store => ({
  ...store,
  claim: (request) => (request.ids === undefined ? Promise.resolve([]) : store.claim(request)),
});

/** Takes an idle lease over without looking whether somebody else has done so. */
function unversioned(store: Store): Store {
  return {
    ...store,
    commit: async (batch, tx) => {
      const result = await store.commit(batch, tx);
      const taken = batch.leases?.find(({ passedTo }) => passedTo !== undefined);
      if (result.ok || result.refused !== "version" || taken?.key !== result.id) return result;
      return store.commit({ ...batch, leases: (batch.leases ?? []).filter((lease) => lease !== taken) }, tx);
    },
  };
}

/** Nobody sees the idle leases of a process that is gone. */
const forgetful = (store: Store): Store => ({
  ...store,
  openLeases: async (backend) => (await store.openLeases(backend)).filter(({ owner }) => owner.kind !== "warm"),
});

/** Every idle lease is taken for one that may run anything. */
function indiscriminate(store: Store): Store {
  const promiscuous = { backendOptions: {}, image: "work:1", sensitivity: "public", tenant: "a" };
  return {
    ...store,
    load: async (ids) =>
      (await store.load(ids)).map((state) => ({
        ...state,
        leases: state.leases.map((lease) => (lease.reuseKey === undefined ? lease : { ...lease, reuseKey: canonicalJson(promiscuous) })),
      })),
  };
}

/** Two processes that find much idle time to share. */
const crowded = (scenario: Scenario): Scenario => {
  const { budget: _, ...rest } = reusing(scenario);
  return {
    ...rest,
    rival: true,
    crashesAtMs: [],
    pauses: [],
    clockJumps: [],
    lateBindShare: 0,
    markets: rest.markets.slice(0, 1).map((market) => ({ ...market, faults: {} })),
  };
};

const verified = (scenario: Scenario): Scenario => ({
  ...scenario,
  markets: scenario.markets.map((market) => ({
    ...market,
    providers: market.providers.map((provider) => ({ ...provider, trust: { operator: "permissionless" as const }, wrongShare: 0.3 })),
  })),
  work: scenario.work.map((work) => ({
    ...work,
    input: {
      ...work.input,
      data: { sensitivity: "public" },
      outputs: { "/out/result": `mem://results/${work.input.name}` },
      verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 5 },
    },
  })),
});

const lateBinding = (scenario: Scenario): Scenario => ({ ...scenario, lateBindShare: 0.5 });

const unclearBinds = (scenario: Scenario): Scenario => ({
  ...scenario,
  lateBindShare: 0,
  markets: scenario.markets.map((market) => ({
    ...market,
    faults: { ...market.faults, rates: { ...market.faults?.rates, bind: { answerLost: 0.5 } } },
  })),
});

export const REMOVALS = {
  fence: { store: unfenced, shows: /./, emphasis: (scenario) => ({ ...scenario, pauses: [{ atMs: 120_000, forMs: 300_000 }] }) },
  isolation: { artifacts: shared, shows: /overwrote/, emphasis: verified },
  reconciler: { reconcileEvery: 0, shows: /left open|the seller charges/, emphasis: lateBinding },
  "release is retried until it is done": { backend: swallow, shows: /left open|believes/ },
  "an unclear bind is asked about": { backend: blind, shows: /believes/, emphasis: unclearBinds },
  "caps are reserved before bind": { store: uncapped, shows: /over its cap/ },
  verification: { verifier: gullible, shows: /wrong result was accepted/, emphasis: verified },
  "an idle lease goes to one run alone": { store: unversioned, shows: /two runs use one lease/, emphasis: crowded },
  "an idle lease serves one tenant, image and class of data": {
    store: indiscriminate,
    shows: /another tenant, image or class/,
    emphasis: crowded,
  },
  "idle leases of dead processes are found": {
    store: forgetful,
    reconcileEvery: 0,
    shows: /left open|idle for longer/,
    emphasis: (scenario) => ({
      ...reusing(scenario),
      rival: false,
      lateBindShare: 0,
      pauses: [],
      clockJumps: [],
      crashesAtMs: [2_400_000, 4_000_000],
    }),
  },
  "runs of dead processes are taken over": {
    store: immortal,
    shows: /is not settled/,
    emphasis: (scenario) => ({ ...scenario, crashesAtMs: [60_000] }),
  },
} as const satisfies Record<string, Removal>;
