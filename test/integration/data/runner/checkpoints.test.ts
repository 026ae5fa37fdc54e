import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { latestGoodCheckpoint, parseCheckpointRecord } from "../../../../src/kit/runner/index.js";
import { eventually } from "../../../support/eventually.js";
import { Attempt, fewLanes, sha256 } from "../../../support/runner.js";
import { temporaryDirectory } from "../../../support/temporary.js";

/** The runner's second in these tests, and so the interval of the checkpoints. */
const TICK_MS = 20;

/** What a scheduler finds in the slots. */
function slotsOf({ store, nonce }: Attempt) {
  return [0, 1].flatMap((slot) => {
    const record = store.objects.get(`record${slot}`);
    const object = store.objects.get(`slot${slot}`);
    if (record === undefined) return [];
    const stored = object === undefined ? {} : { stored: { size: object.length, sha256: sha256(object) } };
    return [{ slot, record: parseCheckpointRecord(record, nonce), ...stored }];
  });
}

/** The state in a checkpoint. The first one may have been taken before there was any. */
function stateIn(archive: Buffer | undefined): string | undefined {
  const directory = temporaryDirectory("checkpoint");
  expect(spawnSync("tar", ["-xf", "-", "-C", directory], { input: archive }).status).toBe(0);
  return existsSync(`${directory}/state`) ? readFileSync(`${directory}/state`, "utf8") : undefined;
}

const latestOf = (attempt: Attempt): string | undefined => {
  const best = latestGoodCheckpoint(slotsOf(attempt));
  return best && stateIn(attempt.store.objects.get(`slot${best.slot}`));
};

/** Counts in its checkpoint, as fast as the file `go` in its root allows. */
const COUNTING = `cd "$SPILLWAY_ROOT"; mkdir -p state; n=$(cat state/state 2>/dev/null || echo 0)
save() { echo $1 >state/new && mv state/new state/state; }
while [ ! -e stop ]; do if [ -e go ]; then n=$((n+1)); save $n; rm go; fi; sleep 0.01; done; echo $n >out`;

async function counting(lane: Parameters<typeof Attempt.on>[0]): Promise<Attempt> {
  const attempt = await Attempt.on(lane);
  attempt.checkpoint = { path: "/state", everyMs: 1_000 };
  attempt.output("/out");
  attempt.argv = ["sh", "-c", COUNTING];
  return attempt;
}

const step = (attempt: Attempt) => {
  writeFileSync(attempt.file("go"), "");
  return eventually(() => !existsSync(attempt.file("go")), "a step of the command");
};
const stored = (attempt: Attempt, state: number) => eventually(() => latestOf(attempt) === `${state}\n`, `checkpoint ${state}`);

/** The requests come to an end while the command goes on. */
async function idle(attempt: Attempt): Promise<void> {
  let seen = { requests: -1, sinceMs: 0 };
  await eventually(() => {
    const { length } = attempt.store.requests;
    if (seen.requests !== length) seen = { requests: length, sinceMs: performance.now() };
    return performance.now() - seen.sinceMs > 30 * TICK_MS;
  }, "thirty intervals without a request");
}

describe.each(fewLanes())("checkpoints with $shell and $client", (lane) => {
  test("go to the slots in turn, each with its record, and only when something has changed", async () => {
    const attempt = await counting(lane);
    const container = attempt.start();
    for (let state = 1; state <= 3; state++) {
      await step(attempt);
      await stored(attempt, state);
    }
    const slots = slotsOf(attempt);
    const [older = 0, newer = 0] = slots.map(({ record }) => record.sequence).sort((a, b) => a - b);
    expect(newer).toBe(older + 1);
    for (const { record, stored } of slots) expect(stored).toEqual({ size: record.size, sha256: record.sha256 });
    // With nothing new to store nothing is stored.
    await idle(attempt);
    writeFileSync(attempt.file("stop"), "");
    expect((await container.ended).code).toBe(0);
    expect(attempt.store.objects.get("out0")?.toString()).toBe("3\n");
  });

  test("a store that fails in the middle leaves the one before whole", async () => {
    for (const part of ["slot", "record"]) {
      const attempt = await counting(lane);
      attempt.start();
      await step(attempt);
      await stored(attempt, 1);
      await idle(attempt);
      const broken = `${part}${(latestGoodCheckpoint(slotsOf(attempt))?.record.sequence ?? 0) % 2}`;
      const before = attempt.store.count("PUT", broken);
      attempt.store.trouble = ({ name }) => (name === broken ? { kind: "status", status: 403 } : undefined);
      await step(attempt);
      await eventually(() => attempt.store.count("PUT", broken) > before + 1, "a checkpoint that fails, and its next turn");
      expect(latestOf(attempt)).toBe("1\n");
      attempt.store.trouble = () => undefined;
      await stored(attempt, 2);
      await attempt.endAll();
    }
  });

  test("after SIGTERM a last one is stored, beside one that was cut short", async () => {
    const attempt = await counting(lane);
    const container = attempt.start();
    await step(attempt);
    await stored(attempt, 1);
    await idle(attempt);
    const kept = latestGoodCheckpoint(slotsOf(attempt))?.slot ?? 0;
    let cut = 0;
    attempt.store.trouble = ({ name }) => (name === `slot${1 - kept}` && cut++ === 0 ? { kind: "silence" } : undefined);
    await step(attempt);
    await eventually(() => cut > 0, "the second checkpoint");
    await step(attempt);
    container.kill("SIGTERM");
    expect((await container.ended).code).toBe(143);
    expect(latestOf(attempt)).toBe("3\n");
    // The slot with the last good one was left alone.
    expect(stateIn(attempt.store.objects.get(`slot${kept}`))).toBe("1\n");
  });

  test("one is restored before the command starts, on another machine, and after a restart what is there is not overwritten", async () => {
    const before = await counting(lane);
    const first = before.start();
    await step(before);
    await step(before);
    await stored(before, 2);
    await before.endAll();
    await first.ended;
    const best = latestGoodCheckpoint(slotsOf(before));
    const archive = before.store.objects.get(`slot${best?.slot}`) ?? Buffer.alloc(0);

    const after = await counting(lane);
    after.store.objects.set("restore", archive);
    const restore = { path: "/ignored", url: after.store.url("GET", "restore"), sha256: best?.record.sha256 ?? "", size: archive.length };
    after.checkpoint = { path: "/state", everyMs: 1_000, restore };
    const second = after.start();
    await step(after);
    await stored(after, 3);
    await after.endAll();
    await second.ended;
    const third = after.start();
    await step(after);
    await stored(after, 4);
    writeFileSync(after.file("stop"), "");
    expect((await third.ended).code).toBe(0);
    expect(after.store.objects.get("out0")?.toString()).toBe("4\n");
    expect(after.store.count("GET", "restore")).toBe(1);
  });

  test("a checkpoint to restore that is gone, wrong or no archive", async () => {
    for (const [bytes, code, stage] of [
      [undefined, 80, "fetch"],
      ["other bytes", 81, "digest"],
      ["no archive", 80, "fetch"],
    ] as const) {
      const attempt = await counting(lane);
      if (bytes !== undefined) attempt.store.objects.set("restore", Buffer.from(bytes));
      attempt.checkpoint = {
        path: "/state",
        everyMs: 1_000,
        restore: { path: "/x", url: attempt.store.url("GET", "restore"), sha256: sha256(Buffer.from("no archive")) },
      };
      expect((await attempt.run()).code).toBe(code);
      expect(attempt.manifest?.failure?.stage).toBe(stage);
    }
  });

  test("an empty or missing directory is no checkpoint", async () => {
    const attempt = await Attempt.on(lane);
    attempt.checkpoint = { path: "/state", everyMs: 1_000 };
    mkdirSync(attempt.file("state"));
    attempt.argv = ["sh", "-c", "i=0; while [ $i -lt 30 ]; do sleep 0.01; i=$((i+1)); done"];
    expect((await attempt.run()).code).toBe(0);
    expect(attempt.store.requests.filter(({ name }) => /slot|record/.test(name))).toEqual([]);
  });
});
