import { expect, test } from "vitest";
import { hurriedHost } from "./hurried-host.js";

const HOUR_MS = 3_600_000;

test("jumps to the next timer while nothing goes on, in the order of timers", async () => {
  const host = hurriedHost();
  const fired: string[] = [];
  const timer = (name: string, hours: number): Promise<void> =>
    new Promise((resolve) => {
      host.setTimer(hours * HOUR_MS, () => resolve(void fired.push(name)), { keepAlive: true });
    });
  const fromMs = { now: host.now(), monotonic: host.monotonic() };
  const late = timer("late", 3);
  const early = timer("early", 1);
  const cancelled = host.setTimer(2 * HOUR_MS, () => fired.push("cancelled"));
  host.hurry(() => "calm");
  await early;
  cancelled.cancel();
  expect(host.now() - fromMs.now).toBeGreaterThanOrEqual(HOUR_MS - 1);
  await late;
  host.walk();
  expect(fired).toEqual(["early", "late"]);
  expect(host.monotonic() - fromMs.monotonic).toBeGreaterThanOrEqual(3 * HOUR_MS);
});

test("does not jump while something goes on, nor before it is asked to or once it is asked no more", async () => {
  const host = hurriedHost();
  const fromMs = host.monotonic();
  let hasFired = false;
  host.setTimer(HOUR_MS, () => {
    hasFired = true;
  });
  const looks = async (pulse: () => string | undefined): Promise<void> => {
    let count = 0;
    await new Promise<void>((resolve) => {
      host.hurry(() => {
        count += 1;
        if (count === 50) resolve();
        return pulse();
      });
    });
  };
  await looks(() => undefined);
  await looks(() => String(performance.now()));
  host.walk();
  expect(hasFired).toBe(false);
  expect(host.monotonic() - fromMs).toBeLessThan(HOUR_MS);
});
