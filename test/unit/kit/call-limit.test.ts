import { getEventListeners } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { LimitReached, limitCall } from "../../../src/kit/call-limit.js";
import { sleep } from "../../../src/kit/sleep.js";
import { makeCall, rejection } from "./make-call.js";

const never = new Promise<never>(() => undefined);

describe("limitCall", () => {
  it("ends at whichever limit comes first and says which", async () => {
    for (const [deadline, timeoutMs, by] of [
      [5_000, 9_000, "deadline"],
      [9_000, 5_000, "timeout"],
    ] as const) {
      const { host, signal } = makeCall();
      const limit = limitCall({ signal, host, deadlineMs: host.now() + deadline, timeoutMs });
      const failed = rejection(limit.race(never));
      expect(limit.leftMs()).toBe(5_000);
      await host.advance(4_999);
      expect(limit.signal.aborted).toBe(false);
      await host.advance(1);
      expect(await failed).toMatchObject({ by });
      expect(limit.signal.reason).toBeInstanceOf(LimitReached);
    }
  });

  it("passes the caller's reason on, also when it was aborted before", async () => {
    const { host } = makeCall();
    const controller = new AbortController();
    const limit = limitCall({ signal: controller.signal, host, timeoutMs: 1_000 });
    controller.abort("stop");
    expect(await rejection(limit.race(never))).toBe("stop");
    limit.close();
    expect(host.pendingTimers()).toEqual([]);
    const late = limitCall({ signal: controller.signal, host });
    expect(await rejection(late.race(never))).toBe("stop");
    expect(await rejection(late.race(Promise.resolve("too late")))).toBe("stop");
  });

  it("lets a hundred calls share one signal without a warning, and leaves none of its listeners there", async () => {
    const warnings: string[] = [];
    const onWarning = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", onWarning);
    onTestFinished(() => void process.off("warning", onWarning));
    const { host } = makeCall();
    const { signal } = new AbortController();
    const limits = Array.from({ length: 100 }, () => limitCall({ signal, host, timeoutMs: 1_000 }));
    const sleeps = Promise.all(Array.from({ length: 100 }, () => sleep(1_000, { signal, host })));
    expect(getEventListeners(signal, "abort")).toHaveLength(200);
    const races = Promise.all(limits.map((limit) => Promise.all(Array.from({ length: 20 }, () => limit.race(Promise.resolve(1))))));
    await races;
    for (const limit of limits) limit.close();
    await host.advance(1_000);
    await sleeps;
    expect(getEventListeners(signal, "abort")).toEqual([]);
    // Warnings are told a turn later.
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });

  it("is over at once when the deadline has passed", async () => {
    const { host, signal } = makeCall();
    expect(limitCall({ signal, host, deadlineMs: host.now() }).signal.aborted).toBe(true);
  });

  it("sets no timer without a limit or for one too far away for timers", () => {
    const { host, signal } = makeCall();
    limitCall({ signal, host });
    limitCall({ signal, host, deadlineMs: Number.POSITIVE_INFINITY });
    limitCall({ signal, host, deadlineMs: host.now() + 2 ** 31 });
    expect(host.pendingTimers()).toEqual([]);
  });

  it("leaves neither listener nor timer behind once closed", async () => {
    const { host } = makeCall();
    const listeners = new Set<() => void>();
    const signal = {
      aborted: false,
      addEventListener: (_type: "abort", listener: () => void) => void listeners.add(listener),
      removeEventListener: (_type: "abort", listener: () => void) => void listeners.delete(listener),
    };
    const limit = limitCall({ signal, host, timeoutMs: 100 });
    expect(await limit.race(Promise.resolve(7))).toBe(7);
    expect([listeners.size, host.pendingTimers().length]).toEqual([1, 1]);
    limit.close();
    limit.close();
    expect([listeners.size, host.pendingTimers().length]).toEqual([0, 0]);
  });
});
