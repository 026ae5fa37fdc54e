import { describe, expect, it } from "vitest";
import { poll } from "../../../src/kit/poll.js";
import { sleep } from "../../../src/kit/sleep.js";
import { makeCall, rejection } from "./make-call.js";

const options = { backend: "acme", what: "bids", jitter: 0 };

describe("poll", () => {
  it("asks at once, then in growing intervals", async () => {
    const call = makeCall();
    const asked: number[] = [];
    const answer = poll(
      call,
      async () => {
        asked.push(call.host.elapsedMs);
        return asked.length === 6 ? "here" : undefined;
      },
      { ...options, everyMs: 1_000, factor: 2, maxEveryMs: 3_000 },
    );
    expect(await call.host.waitFor(answer, { limitMs: 60_000 })).toBe("here");
    expect(asked).toEqual([0, 1_000, 3_000, 6_000, 9_000, 12_000]);
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("asks a last time when the window closes, and then answers nothing", async () => {
    const call = makeCall();
    const asked: number[] = [];
    const answer = poll(call, async () => void asked.push(call.host.elapsedMs), { ...options, everyMs: 4_000, factor: 1, forMs: 10_000 });
    expect(await call.host.waitFor(answer, { limitMs: 60_000 })).toBeUndefined();
    expect(asked).toEqual([0, 4_000, 8_000, 10_000]);
  });

  it("does not wait past the call's deadline", async () => {
    const call = makeCall();
    const due = { ...call, deadlineMs: call.host.now() + 5_000 };
    const failed = rejection(poll(due, async () => undefined, { ...options, everyMs: 2_000, factor: 1 }));
    expect(await call.host.waitFor(failed, { limitMs: 60_000 })).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown" });
    expect(call.host.elapsedMs).toBe(4_000);
  });

  it("ends with the signal's reason as soon as it aborts, and leaves no timer", async () => {
    const controller = new AbortController();
    const call = makeCall({ signal: controller.signal });
    const reason = new Error("enough");
    const failed = rejection(poll(call, async () => undefined, options));
    await call.host.advance(1_500);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    expect(call.host.pendingTimers()).toEqual([]);
    expect(await rejection(poll(call, async () => expect.unreachable(), options))).toBe(reason);
  });

  it("passes on what the question throws", async () => {
    await expect(poll(makeCall(), () => Promise.reject(new Error("no")), options)).rejects.toThrow("no");
  });

  it("spreads the waits", async () => {
    const call = makeCall();
    const asked: number[] = [];
    const answer = poll(call, async () => void asked.push(call.host.elapsedMs), {
      ...options,
      jitter: 0.2,
      everyMs: 1_000,
      factor: 1,
      forMs: 50_000,
    });
    await call.host.waitFor(answer, { limitMs: 60_000 });
    const waits = asked.slice(1, -1).map((at, index) => at - (asked[index] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(800);
    expect(Math.max(...waits)).toBeLessThanOrEqual(1_200);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });
});

describe("sleep", () => {
  it("wakes on the host's clock and rejects at once on an aborted signal", async () => {
    const call = makeCall();
    const slept = sleep(250, call).then(() => call.host.elapsedMs);
    expect(await call.host.waitFor(slept, { limitMs: 1_000 })).toBe(250);
    const signal = AbortSignal.abort("why");
    expect(await rejection(sleep(1, { signal, host: call.host }))).toBe("why");
    expect(call.host.pendingTimers()).toEqual([]);
  });
});
