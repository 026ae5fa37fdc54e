import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CandidateRecord } from "spillway";
import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { shell, twoClouds } from "./fixture.js";

const STEPS = 8;

const computeUsd = (candidate: CandidateRecord | undefined): number => candidate?.parts.find(({ name }) => name === "compute")?.usd ?? 0;

/**
 * Counts, a step every 0.2 s, from where the checkpoint directory says, and past the half only once there is a file `go` outside of the
 * machine, where each step is noted too.
 */
const counting = (folder: string) =>
  shell(
    `mkdir -p state; n=$(cat state/n 2>/dev/null || echo 0); echo "$n" >> '${folder}/begun'
while [ "$n" -lt ${STEPS} ]; do n=$((n+1)); echo "$n" > state/new && mv state/new state/n; echo "$n" >> '${folder}/steps'; sleep 0.2
while [ "$n" -ge ${STEPS / 2} ] && [ ! -e '${folder}/go' ]; do sleep 0.1; done; done
cp state/n out`,
    {
      outputs: { out: "s3://test-bucket/results/count" },
      checkpoint: { path: "state", every: "1s", cost: "1s", restore: "1s", size: "1MiB" },
      expectedDuration: "1m",
    },
  );

test("work on a spot machine that is taken back goes on in the other cloud from its last checkpoint", async () => {
  const { scheduler, aws, gcp, folder, bills, open, lines, text, keys } = await twoClouds();
  const run = await scheduler.schedule(counting(folder));
  await eventually(() => keys().some((key) => key.endsWith("-record")), "a checkpoint", 30_000);
  aws.reclaim(aws.jobs()[0]?.id ?? "");
  await eventually(() => open().aws === 0, "the end of the first machine");
  writeFileSync(join(folder, "go"), "");
  const result = await run.result();

  expect(text("results/count")).toBe(`${STEPS}\n`);
  const [first, second, third] = result.attempts;
  expect(first).toMatchObject({ offer: { backend: "aws-batch", interruptible: true }, outcome: "preempted", error: { code: "PREEMPTED" } });
  expect(second).toMatchObject({ offer: { backend: "gcp-batch" }, outcome: "succeeded", after: 1 });
  expect(third).toBeUndefined();
  // The second machine began where a checkpoint was, and no step that it held was done again.
  const [from, resumedFrom] = lines("begun").map(Number);
  expect(from).toBe(0);
  expect(resumedFrom).toBeGreaterThan(0);
  for (let step = 1; step <= (resumedFrom ?? 0); step++) expect(lines("steps").filter((each) => each === String(step))).toHaveLength(1);
  // The second decision counts on it: the same machine costs less than when the work was all before it.
  const [whole, rest] = (await run.decisions()).map(({ candidates }) =>
    computeUsd(candidates.find(({ backend }) => backend === "gcp-batch")),
  );
  expect(rest).toBeGreaterThan(0);
  expect(rest).toBeLessThan(whole ?? 0);

  const receipt = await run.settled();
  expect(receipt.lines.map(({ backend, charged, final }) => [backend, charged, final])).toEqual([
    ["aws-batch", bills().aws, true],
    ["gcp-batch", bills().gcp, true],
  ]);
  expect(bills().aws).toBeGreaterThan(0n);
  await eventually(() => open().aws + open().gcp === 0, "the end of both clouds' jobs");
  expect([aws.jobs().length, gcp.allJobs().size]).toEqual([1, 1]);
  await scheduler.close();
  expect(keys()).toEqual(["results/count"]);
}, 60_000);
