/** What the memory store adds to the contract that test/conformance/memory-store.test.ts holds it to. */
import { describe, expect, test } from "vitest";
import { NOW_MS, observation, runRow, settledRow } from "../../../src/conformance/store/rows.js";
import type { Claim, CommitBatch, CommitResult } from "../../../src/spec/store.js";
import { memoryStore } from "../../../src/stores/memory/index.js";
import { fc } from "../../support/property.js";

const commit = (store: ReturnType<typeof memoryStore>, batch: Partial<CommitBatch>): Promise<CommitResult> =>
  store.commit({ nowMs: NOW_MS, claims: [], ...batch });

describe("namespace", () => {
  const secret = "0123456789abcdef".repeat(4);

  test("a given one wins over every proposal and is not volatile", async () => {
    const store = memoryStore({ namespace: { id: "acme01", secret } });
    expect(store.volatileNamespace).toBe(false);
    expect(await store.namespace({ id: "another1", secret: "ff".repeat(32) })).toEqual({ id: "acme01", secret });
  });

  test("a proposed one is volatile", () => {
    expect(memoryStore().volatileNamespace).toBe(true);
    expect(memoryStore().durable).toBe(false);
  });

  test.each([
    ["namespace.id", { id: "Acme", secret }],
    ["namespace.secret", { id: "acme01", secret: "hunter2" }],
  ])("a malformed %s is refused without showing the secret", (field, namespace) => {
    expect(() => memoryStore({ namespace })).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: { field } }));
    expect(() => memoryStore({ namespace })).not.toThrow(/hunter2|0123456789abcdef/);
  });
});

test("a transaction handle is refused, since there is nothing to join", async () => {
  await expect(memoryStore().commit({ nowMs: NOW_MS, claims: [], runs: [runRow("r1")] }, {})).rejects.toMatchObject({
    code: "INVALID_CONFIG",
    details: { field: "tx" },
  });
});

describe("observations are bounded", () => {
  test("the oldest go, cursors stay good, and a reader that keeps up misses nothing", async () => {
    const store = memoryStore({ maxObservations: 10 });
    const heard: number[] = [];
    let cursor = 0;
    for (let index = 0; index < 100; index += 1) {
      await commit(store, { observations: [observation(index)] });
      const reading = await store.observations(cursor);
      cursor = reading.cursor;
      heard.push(...reading.observations.map(({ atMs }) => atMs));
    }
    expect(heard).toEqual(Array.from({ length: 100 }, (_, index) => index));
    const late = await store.observations(0);
    expect(late.cursor).toBe(cursor);
    expect(late.observations.length).toBeGreaterThanOrEqual(10);
    expect(late.observations.length).toBeLessThan(20);
    expect(late.observations.at(-1)?.atMs).toBe(99);
  });

  test.each([0, -1, 1.5, Number.NaN])("maxObservations %s is refused", (maxObservations) => {
    expect(() => memoryStore({ maxObservations })).toThrow(expect.objectContaining({ code: "INVALID_CONFIG" }));
  });
});

test("a listener that throws keeps no other from hearing", async () => {
  const store = memoryStore();
  const thrown: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => thrown.push(error));
  try {
    const heard: string[] = [];
    store.watch(() => {
      throw new Error("a bug in a listener");
    });
    store.watch((runId) => heard.push(runId));
    await commit(store, { runs: [runRow("r1")] });
    await new Promise((resolve) => setImmediate(resolve));
    expect(heard).toEqual(["r1"]);
    expect(thrown.map(String)).toEqual(["Error: a bug in a listener"]);
  } finally {
    for (const listener of listeners) process.on("uncaughtException", listener);
  }
});

test("commits of one turn are told in order, each run once", async () => {
  const store = memoryStore();
  const heard: string[] = [];
  store.watch((runId) => heard.push(runId));
  await Promise.all([
    commit(store, { runs: [runRow("b"), runRow("a")] }),
    commit(store, { runs: [runRow("c")] }),
    commit(store, { runs: [runRow("b", { version: 2 })] }),
  ]);
  expect(heard).toEqual(["b", "a", "c"]);
});

describe("asking for any run", () => {
  /** What one step does to the store: some time passes, and then this. */
  const step = fc.record({
    passMs: fc.integer({ min: 0, max: 40 }),
    what: fc.constantFrom("insert", "insert", "insert-claimed", "claim", "claim", "give-back", "renew", "settle"),
    pick: fc.nat(7),
    owner: fc.constantFrom("x", "y"),
    wakeAtMs: fc.option(fc.integer({ min: -50, max: 50 }), { nil: undefined }),
    forMs: fc.integer({ min: 1, max: 60 }),
  });

  interface Expected {
    readonly dueMs: number;
    readonly order: number;
    version: number;
    isSettled: boolean;
    claim: Claim | undefined;
  }

  test("gives just the free and unsettled ones, the one due for longest first, whatever happened before", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const store = memoryStore();
        const expected = new Map<string, Expected>();
        let nowMs = NOW_MS;
        for (const { passMs, what, pick, owner, wakeAtMs, forMs } of steps) {
          nowMs += passMs;
          const untilMs = nowMs + forMs;
          const id = [...expected.keys()][pick % Math.max(1, expected.size)];
          const run = id === undefined ? undefined : expected.get(id);
          if (what.startsWith("insert")) {
            const newId = `r${expected.size}`;
            const row = runRow(newId, { acceptedAtMs: nowMs, ...(wakeAtMs === undefined ? {} : { wakeAtMs: nowMs + wakeAtMs }) });
            const claimNew = what === "insert-claimed" ? { claimNew: { owner, untilMs } } : {};
            const result = await store.commit({ nowMs, claims: [], runs: [row], ...claimNew });
            const claim = result.ok ? result.claims[0] : undefined;
            expected.set(newId, { dueMs: row.wakeAtMs ?? nowMs, order: expected.size, version: 1, isSettled: false, claim });
          } else if (what === "claim") {
            const free = [...expected].filter(([, { isSettled, claim }]) => !isSettled && (!claim || claim.untilMs <= nowMs));
            const ids = free.sort(([, a], [, b]) => a.dueMs - b.dueMs || a.order - b.order).map(([freeId]) => freeId);
            const limit = 1 + (pick % 3);
            const claims = await store.claim({ owner, nowMs, untilMs, scope: "run", limit });
            expect(claims.map((claim) => claim.id)).toEqual(ids.slice(0, limit));
            for (const claim of claims) Object.assign(expected.get(claim.id) ?? {}, { claim });
          } else if (id !== undefined && run) {
            if (what === "give-back" && run.claim) {
              await store.acknowledge([run.claim]);
              run.claim = undefined;
            } else if (what === "renew" && run.claim) {
              const [claim] = await store.claim({ owner: run.claim.owner, nowMs, untilMs, scope: "run", ids: [id], limit: 1 });
              run.claim = claim;
            } else if (what === "settle") {
              run.version += 1;
              run.isSettled = true;
              await store.commit({ nowMs, claims: [], runs: [settledRow(id, nowMs, { version: run.version })] });
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
