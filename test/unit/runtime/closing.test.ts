import { expect, test } from "vitest";
import { job, world } from "../../support/world.js";

test("nothing is accepted while a scheduler drains", async () => {
  const { scheduler, wait } = world();
  const run = await wait(scheduler.schedule(job("a", 10)));
  const closing = scheduler.close();
  await expect(wait(scheduler.schedule(job("b")))).rejects.toMatchObject({ code: "SCHEDULER_CLOSED" });
  await expect(wait(scheduler.scheduleAll([job("c")]))).rejects.toMatchObject({ code: "SCHEDULER_CLOSED" });
  expect(await wait(run.status())).toBe("active");
  expect(await wait(closing)).toEqual({ openRuns: [], openLeases: [] });
});

test("a close that is refused changes nothing", async () => {
  const { scheduler, wait } = world();
  await wait(scheduler.schedule(job("a", 10)));
  await expect(wait(scheduler.close({ mode: "detach" }))).rejects.toMatchObject({ code: "INVALID_CONFIG" });
  expect((await wait(scheduler.health())).status).toBe("ok");
  const later = await wait(scheduler.schedule(job("b")));
  expect((await wait(later.result())).exitCode).toBe(0);
  await wait(scheduler.close());
});
