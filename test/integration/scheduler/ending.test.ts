import { Scheduler } from "spillway";
import { describe, expect, it } from "vitest";
import { job, world } from "../../support/world.js";

describe("cancelling", () => {
  it("a queued run costs nothing", async () => {
    const { scheduler, wait, market } = world({ scheduler: { concurrency: 1 } });
    const first = await wait(scheduler.schedule(job("a")));
    const second = await wait(scheduler.schedule(job("b")));
    expect(await wait(second.cancel("changed my mind"))).toBe("cancelled");
    await expect(wait(second.result())).rejects.toMatchObject({ code: "CANCELLED" });
    await wait(first.result());
    await wait(scheduler.close());
    expect(market.leases()).toHaveLength(1);
  });

  it("a running run releases its lease and pays only for what it used", async () => {
    const { scheduler, wait, market, host } = world();
    const run = await wait(scheduler.schedule(job("a", 60)));
    await host.advance(10 * 60_000);
    await wait(run.cancel());
    const receipt = await wait(run.settled());
    expect(market.openLeases()).toEqual([]);
    expect(receipt.charged).toBe(market.charged());
    expect(receipt.lines[0]?.openMs).toBeLessThan(11 * 60_000);
    await wait(scheduler.close());
  });

  it("after the end changes nothing", async () => {
    const { scheduler, wait } = world();
    const run = await wait(scheduler.schedule(job("a")));
    await wait(run.result());
    expect(await wait(run.cancel())).toBe("succeeded");
    await wait(scheduler.close());
  });

  it("an aborted wait does not cancel", async () => {
    const { scheduler, wait } = world();
    const run = await wait(scheduler.schedule(job("a")));
    const abort = new AbortController();
    const waiting = run.result({ signal: abort.signal }).catch((thrown: unknown) => thrown);
    abort.abort();
    expect(await wait(waiting)).toMatchObject({ code: "WAIT_ABORTED" });
    expect((await wait(run.result())).exitCode).toBe(0);
    await wait(scheduler.close());
  });
});

describe("closing", () => {
  it("drains by default: everything ends, nothing is left, no timer runs on", async () => {
    const { scheduler, wait, market, host } = world();
    const group = await wait(scheduler.scheduleAll([job("a"), job("b"), job("c"), job("d")]));
    const report = await wait(scheduler.close());
    expect(report).toEqual({ openRuns: [], openLeases: [] });
    expect(group.runs).toHaveLength(4);
    expect(market.openLeases()).toEqual([]);
    expect(host.pendingTimers()).toEqual([]);
  });

  it("with cancel ends what runs", async () => {
    const { scheduler, wait, market, host } = world();
    const run = await wait(scheduler.schedule(job("a", 600)));
    const waiting = run.result().catch((thrown: unknown) => thrown);
    await host.advance(60_000);
    await wait(scheduler.close({ mode: "cancel" }));
    expect(await waiting).toMatchObject({ code: "CANCELLED" });
    expect(market.openLeases()).toEqual([]);
    expect(host.pendingTimers()).toEqual([]);
  });

  it("reports what is still open after the timeout", async () => {
    const { scheduler, wait } = world();
    const run = await wait(scheduler.schedule(job("a", 600)));
    const waiting = run.result().catch((thrown: unknown) => thrown);
    const report = await wait(scheduler.close({ timeout: "1m" }));
    expect(report.openRuns).toEqual([run.id]);
    expect(report.openLeases).toHaveLength(1);
    expect(await waiting).toMatchObject({ code: "SCHEDULER_CLOSED" });
  });

  it("refuses to detach from a store that forgets", async () => {
    const { scheduler, wait } = world();
    await wait(scheduler.schedule(job("a")));
    await expect(wait(scheduler.close({ mode: "detach" }))).rejects.toMatchObject({ code: "INVALID_CONFIG" });
    await wait(scheduler.close());
  });
});

describe("taking over", () => {
  it("goes on with runs that another scheduler on the same store has left", async () => {
    const { wait, store, host, market, artifacts } = world();
    const first = new Scheduler({ backends: [market.connect()], store, host, artifacts: [artifacts] });
    const run = await wait(first.schedule(job("a", 60)));
    await host.advance(60_000);
    await wait(first.close({ timeout: 0 }));
    const next = new Scheduler({ backends: [market.connect()], store, host, artifacts: [artifacts] });
    const taken = await wait(next.get(run.id));
    const result = await wait(taken.result());
    expect(result.attempts).toHaveLength(1);
    await wait(next.close());
    expect(market.openLeases()).toEqual([]);
  });
});
