import { SchedulerError } from "spillway";
import { describe, expect, it } from "vitest";
import { job, world } from "../../support/world.js";

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => "nothing was thrown",
    (error: unknown) => (SchedulerError.isInstance(error) ? error.code : String(error)),
  );

describe("idempotency keys", () => {
  it("answer the same run for the same workload, also while the first call is under way", async () => {
    const { scheduler, wait } = world();
    const [a, b] = await wait(
      Promise.all([scheduler.schedule(job("a"), { idempotencyKey: "k" }), scheduler.schedule(job("a"), { idempotencyKey: "k" })]),
    );
    const c = await wait(scheduler.schedule(job("a"), { idempotencyKey: "k" }));
    expect(b.id).toBe(a.id);
    expect(c.id).toBe(a.id);
    expect((await scheduler.list()).runs).toHaveLength(1);
    await wait(scheduler.close());
  });

  it("refuse another workload, naming the run", async () => {
    const { scheduler, wait } = world();
    const run = await wait(scheduler.schedule(job("a"), { idempotencyKey: "k" }));
    const error = await wait(scheduler.schedule(job("b"), { idempotencyKey: "k" }).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "IDEMPOTENCY_CONFLICT", details: { runId: run.id } });
    await wait(scheduler.close());
  });

  it("answer the same group", async () => {
    const { scheduler, wait } = world();
    const first = await wait(scheduler.scheduleAll([job("a"), job("b")], { idempotencyKey: "g" }));
    const second = await wait(scheduler.scheduleAll([job("a"), job("b")], { idempotencyKey: "g" }));
    expect(second.id).toBe(first.id);
    expect(second.runs.map(({ id }) => id)).toEqual(first.runs.map(({ id }) => id));
    await wait(scheduler.close());
  });
});

describe("what is refused before anything is written", () => {
  it("a workload that no backend may run, with the reason", async () => {
    const { scheduler, wait } = world();
    const error = await wait(scheduler.schedule(job("a", 5, { data: { sensitivity: "phi" } })).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "NO_FEASIBLE_PLACEMENT", retry: "never" });
    expect((await wait(scheduler.list())).runs).toEqual([]);
  });

  it("a group as a whole, when one member is malformed", async () => {
    const { scheduler, wait } = world();
    const error = await wait(scheduler.scheduleAll([job("a"), { command: [] }]).catch((thrown: unknown) => thrown));
    expect(error).toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "workloads.1.command" } });
    expect((await wait(scheduler.list())).runs).toEqual([]);
  });

  it("a missing input", async () => {
    const { scheduler, wait } = world();
    expect(await codeOf(wait(scheduler.schedule(job("a", 5, { inputs: { "/in/x": "mem://nowhere" } }))))).toBe("ARTIFACT_NOT_FOUND");
  });

  it("anything after close", async () => {
    const { scheduler, wait } = world();
    await wait(scheduler.schedule(job("a")));
    await wait(scheduler.close());
    expect(await codeOf(scheduler.schedule(job("b")))).toBe("SCHEDULER_CLOSED");
  });
});

describe("the bounded queue", () => {
  const tight = { scheduler: { concurrency: 1, queue: { limit: 2 } } } as const;

  it("refuses with QUEUE_FULL, and takes work again when there is room", async () => {
    const { scheduler, wait } = world(tight);
    const first = await wait(scheduler.schedule(job("a")));
    await wait(scheduler.schedule(job("b")));
    await wait(scheduler.schedule(job("c")));
    expect(await codeOf(wait(scheduler.schedule(job("d"))))).toBe("QUEUE_FULL");
    await wait(first.result());
    await wait(scheduler.schedule(job("d")));
    await wait(scheduler.close());
  });

  it("holds against callers at the same moment", async () => {
    const { scheduler, wait } = world(tight);
    const outcomes = await wait(Promise.all("abcdef".split("").map(async (name) => codeOf(scheduler.schedule(job(name))))));
    const accepted = "nothing was thrown";
    expect(outcomes).toEqual([accepted, accepted, accepted, "QUEUE_FULL", "QUEUE_FULL", "QUEUE_FULL"]);
    expect(await scheduler.health()).toMatchObject({ active: 1, queued: 2 });
    await wait(scheduler.close());
  });

  it("admits those who wait in their order, and never more than there is room for", async () => {
    const { scheduler, wait } = world({ scheduler: { concurrency: 1, queue: { limit: 2, whenFull: "wait" } } });
    let most = 0;
    scheduler.on("event", () => void scheduler.health().then(({ queued }) => (most = Math.max(most, queued))));
    const runs = await wait(Promise.all("abcdefgh".split("").map((name) => scheduler.schedule(job(name)))));
    expect(runs.map(({ id }) => id)).toEqual(runs.map(({ id }) => id).toSorted());
    await wait(scheduler.close());
    expect(most).toBe(2);
  });

  it("lets those go who wait when it closes", async () => {
    const { scheduler, wait } = world({ scheduler: { concurrency: 1, queue: { limit: 1, whenFull: "wait" } } });
    for (const name of ["a", "b"]) await wait(scheduler.schedule(job(name)));
    const waiting = ["c", "d"].map((name) => codeOf(scheduler.schedule(job(name))));
    await wait(scheduler.close());
    expect(await Promise.all(waiting)).toEqual(["SCHEDULER_CLOSED", "SCHEDULER_CLOSED"]);
  });

  it("waits when told to, until the signal says otherwise", async () => {
    const { scheduler, wait } = world({ scheduler: { concurrency: 1, queue: { limit: 1, whenFull: "wait" } } });
    await wait(scheduler.schedule(job("a")));
    await wait(scheduler.schedule(job("b")));
    const abort = new AbortController();
    const waiting = codeOf(scheduler.schedule(job("c"), { signal: abort.signal }));
    abort.abort();
    expect(await wait(waiting)).toBe("WAIT_ABORTED");
    const patient = await wait(scheduler.schedule(job("d")));
    await wait(patient.result());
    await wait(scheduler.close());
  });
});

describe("order", () => {
  it("is by priority, then by arrival", async () => {
    const { scheduler, wait } = world({ market: { providers: [{ name: "solo", nodes: 1 }] }, scheduler: { concurrency: 1 } });
    const started: string[] = [];
    const names = new Map<string, string>();
    scheduler.on("attempt-started", ({ runId }) => started.push(names.get(runId) ?? "?"));
    for (const [name, priority] of [
      ["first", 0],
      ["low", -1],
      ["high", 5],
      ["normal", 0],
      ["higher", 9],
    ] as const) {
      names.set((await wait(scheduler.schedule(job(name, 5, { priority })))).id, name);
    }
    await wait(scheduler.close());
    expect(started).toEqual(["first", "higher", "high", "normal", "low"]);
  });
});
