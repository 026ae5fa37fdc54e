import { setTimeout as delay } from "node:timers/promises";

/**
 * Asks again every 5 ms until the answer is something else than undefined or false. For what another process does in
 * its own time; the limit only bounds how long a failing test takes.
 */
export async function eventually<T>(
  ask: () => T | Promise<T>,
  what = "the condition",
  limitMs = 30_000,
): Promise<Exclude<T, undefined | null | false>> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== null && answer !== false) return answer as Exclude<T, undefined | null | false>;
    if (performance.now() > end) throw new Error(`${what} did not come true within ${limitMs} ms.`);
    await delay(5);
  }
}
