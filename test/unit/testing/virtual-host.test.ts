import { describe, expect, it } from "vitest";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";

describe("virtual host: time", () => {
  it("does not move by itself", async () => {
    const host = createVirtualHost({ startMs: 5_000 });
    let fired = false;
    host.setTimer(0, () => {
      fired = true;
    });
    await host.drain();
    expect([host.now(), host.monotonic(), fired]).toEqual([5_000, 0, false]);
  });

  it("fires timers in order of due time, then of creation, each at its own time", async () => {
    const host = createVirtualHost();
    const fired: string[] = [];
    const set = (name: string, delayMs: number) => host.setTimer(delayMs, () => fired.push(`${name}@${host.monotonic()}`));
    set("c", 20);
    set("a", 10);
    set("b", 10);
    set("late", 31);
    await host.advance(30);
    expect(fired).toEqual(["a@10", "b@10", "c@20"]);
    expect(host.monotonic()).toBe(30);
    await host.advance(1);
    expect(fired.at(-1)).toBe("late@31");
  });

  it("treats a negative delay as none and refuses what is no time", () => {
    const host = createVirtualHost();
    host.setTimer(-5, () => undefined);
    expect(host.pendingTimers()).toEqual([{ inMs: 0, keepAlive: false }]);
    expect(() => host.setTimer(Number.NaN, () => undefined)).toThrow(RangeError);
    expect(() => host.setTimer(Number.POSITIVE_INFINITY, () => undefined)).toThrow(RangeError);
  });

  it("runs everything that follows from a timer before the next one, however long the chain", async () => {
    const host = createVirtualHost();
    const seen: string[] = [];
    host.setTimer(1, () => {
      void (async () => {
        for (let step = 0; step < 5_000; step++) await null;
        await new Promise<void>((resolve) => process.nextTick(resolve));
        for (let step = 0; step < 10; step++) await null;
        seen.push("chain");
      })();
    });
    host.setTimer(1, () => seen.push("next"));
    await host.advance(1);
    expect(seen).toEqual(["chain", "next"]);
  });

  it("fires timers that are set while it runs, including for the same instant", async () => {
    const host = createVirtualHost();
    const at: number[] = [];
    const again = () => {
      at.push(host.monotonic());
      if (at.length < 4) host.setTimer(at.length === 2 ? 0 : 10, again);
    };
    host.setTimer(10, again);
    await host.advance(100);
    expect(at).toEqual([10, 20, 20, 30]);
    expect(host.firedTimers).toBe(4);
  });

  it("jumps the wall clock without touching timers or monotonic time", async () => {
    const host = createVirtualHost({ startMs: 1_000_000 });
    let firedAt = -1;
    host.setTimer(100, () => {
      firedAt = host.now();
    });
    host.jumpClock(3_600_000);
    await host.drain();
    expect(firedAt).toBe(-1);
    host.jumpClock(-7_200_000);
    await host.advance(99);
    expect(firedAt).toBe(-1);
    await host.advance(1);
    expect(firedAt).toBe(1_000_000 - 3_600_000 + 100);
    expect(host.monotonic()).toBe(100);
  });
});

describe("virtual host: cancelling", () => {
  it("never fires a cancelled timer; cancelling twice or late is harmless", async () => {
    const host = createVirtualHost();
    const fired: number[] = [];
    const handles = [1, 2, 3].map((ms) => host.setTimer(ms, () => fired.push(ms)));
    handles[1]?.cancel();
    handles[1]?.cancel();
    expect(host.pendingTimers().map((timer) => timer.inMs)).toEqual([1, 3]);
    await host.advance(1);
    handles[0]?.cancel();
    expect(host.pendingTimers()).toHaveLength(1);
    await host.runAll(10);
    expect(fired).toEqual([1, 3]);
    expect(host.pendingTimers()).toHaveLength(0);
  });

  it("stays right when most of many timers are cancelled", async () => {
    const host = createVirtualHost();
    const fired: number[] = [];
    const handles = Array.from({ length: 2_000 }, (_, index) => host.setTimer((index * 7_919) % 2_000, () => fired.push(index)));
    for (const [index, handle] of handles.entries()) if (index % 10 !== 0) handle.cancel();
    expect(host.pendingTimers()).toHaveLength(200);
    await host.runAll(2_000);
    const due = fired.map((index) => (index * 7_919) % 2_000);
    expect(due).toEqual([...due].sort((a, b) => a - b));
    expect(new Set(fired)).toEqual(new Set(Array.from({ length: 200 }, (_, index) => index * 10)));
  });

  it("tells where a leaked timer was set", () => {
    const host = createVirtualHost({ traceTimers: true });
    host.setTimer(5, () => undefined, { keepAlive: true });
    const [leaked] = host.pendingTimers();
    expect(leaked?.setAt).toContain("virtual-host.test.ts");
    expect(leaked?.keepAlive).toBe(true);
  });
});

describe("virtual host: driving", () => {
  it("runs until a predicate holds and not further", async () => {
    const host = createVirtualHost();
    let count = 0;
    const tick = () => {
      count++;
      host.setTimer(10, tick);
    };
    host.setTimer(10, tick);
    await host.runUntil(() => count === 3, { limitMs: 1_000 });
    expect(host.monotonic()).toBe(30);
    await host.runUntil(() => true, { limitMs: 0 });
    expect(count).toBe(3);
    await expect(host.runUntil(() => count === 1_000, { limitMs: 50 })).rejects.toThrow(
      /50 ms of virtual time were not enough: 1 pending timers/,
    );
  });

  it("rejects at once when nothing is left to happen", async () => {
    const host = createVirtualHost();
    await expect(host.runUntil(() => false, { limitMs: 1_000_000 })).rejects.toThrow(/nothing is left to happen/);
    expect(host.monotonic()).toBe(0);
  });

  it("waits for a promise and answers as it does", async () => {
    const host = createVirtualHost();
    const after = <T>(ms: number, settle: (resolve: (value: T) => void, reject: (reason: Error) => void) => void) =>
      new Promise<T>((resolve, reject) => {
        host.setTimer(ms, () => settle(resolve, reject));
      });
    expect(
      await host.waitFor(
        after<string>(3_600_000, (resolve) => resolve("done")),
        { limitMs: 4_000_000 },
      ),
    ).toBe("done");
    await expect(
      host.waitFor(
        after(5, (_, reject) => reject(new Error("broken"))),
        { limitMs: 10 },
      ),
    ).rejects.toThrow("broken");
    await expect(
      host.waitFor(
        after(50, () => undefined),
        { limitMs: 10 },
      ),
    ).rejects.toThrow(/not enough/);
  });

  it("says so when timers never end", async () => {
    const host = createVirtualHost({ maxTimersPerInstant: 1_000 });
    const forever = () => void host.setTimer(0, forever);
    forever();
    await expect(host.advance(1)).rejects.toThrow(/without time going on/);
    const other = createVirtualHost();
    const slowly = () => void other.setTimer(10, slowly);
    slowly();
    await expect(other.runAll(100)).rejects.toThrow(/still left after 100 ms/);
  });

  it("refuses overlapping drives and works again afterwards", async () => {
    const host = createVirtualHost();
    const first = host.advance(10);
    await expect(host.advance(10)).rejects.toThrow(/driven already/);
    await first;
    await host.advance(5);
    expect(host.monotonic()).toBe(15);
    await expect(host.advance(-1)).rejects.toThrow(RangeError);
  });

  it("rejects with the error that a timer throws", async () => {
    const host = createVirtualHost();
    host.setTimer(1, () => {
      throw new Error("in a timer");
    });
    await expect(host.advance(2)).rejects.toThrow("in a timer");
    await host.advance(2);
    expect(host.monotonic()).toBe(3);
  });
});

describe("virtual host: identity, randomness, environment", () => {
  it("makes ids of 26 lower-case letters and digits, unique and sorted by creation even when the clock jumps back", async () => {
    const host = createVirtualHost();
    const ids: string[] = [];
    for (let step = 0; step < 300; step++) {
      ids.push(host.newId(), host.newId());
      if (step === 100) host.jumpClock(-86_400_000);
      await host.advance(step % 3);
    }
    for (const id of ids) expect(id).toMatch(/^[0-9a-z]{26}$/);
    expect(new Set(ids).size).toBe(600);
    expect([...ids].sort()).toEqual(ids);
  });

  it("repeats itself for the same seed and differs for another", () => {
    const draw = (seed: string) => {
      const host = createVirtualHost({ seed });
      return [host.random(), host.newId(), host.randomHex(16), host.random()];
    };
    expect(draw("a")).toEqual(draw("a"));
    expect(draw("a")).not.toEqual(draw("b"));
    expect(createVirtualHost().randomHex(3)).toMatch(/^[0-9a-f]{6}$/);
  });

  it("keeps ids and numbers in separate streams", () => {
    const one = createVirtualHost({ seed: "x" });
    const two = createVirtualHost({ seed: "x" });
    one.newId();
    one.randomHex(8);
    expect(one.random()).toBe(two.random());
  });

  it("computes real digests", () => {
    const host = createVirtualHost();
    expect(host.sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(host.sha256(new TextEncoder().encode("abc"))).toBe(host.sha256("abc"));
    // RFC 4231, test case 2.
    expect(host.hmacSha256("Jefe", "what do ya want for nothing?")).toBe(
      "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    );
  });

  it("reads its own environment only", () => {
    const host = createVirtualHost({ env: { TOKEN: "t" } });
    expect(host.env("TOKEN")).toBe("t");
    expect(host.env("PATH")).toBeUndefined();
    expect(host.env("toString")).toBeUndefined();
  });
});
