import { expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { shell, twoClouds } from "./fixture.js";

test("a queue that gets no machine is left when its time is up, and the other cloud does the work", async () => {
  const { scheduler, aws, gcp, bucket, bills, open, text, keys } = await twoClouds({
    queue: { stuck: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - Fargate Spot has no capacity" },
    aws: { provisionMs: 500 },
  });
  bucket.seed("in/names", Buffer.from("b\na\n"));
  const run = await scheduler.schedule(
    shell("sort names > sorted", {
      inputs: { names: "s3://test-bucket/in/names" },
      outputs: { sorted: "s3://test-bucket/results/sorted" },
      expectedDuration: "1m",
    }),
  );
  const result = await run.result();
  expect(text("results/sorted")).toBe("a\nb\n");
  expect(result.attempts.map(({ offer, outcome, error }) => [offer.backend, outcome, error?.code])).toEqual([
    ["aws-batch", "lost", "PROVISIONING_TIMED_OUT"],
    ["gcp-batch", "succeeded", undefined],
  ]);

  const receipt = await run.settled();
  expect(receipt.final).toBe(true);
  expect(receipt.lines.map(({ attempt, backend, charged, read, held }) => ({ attempt, backend, seller: charged - read, held }))).toEqual([
    // Waiting in a queue costs nothing, and both bills say the same as the receipt.
    { attempt: 1, backend: "aws-batch", seller: bills().aws, held: 0n },
    { attempt: 2, backend: "gcp-batch", seller: bills().gcp, held: 0n },
  ]);
  expect(bills().aws).toBe(0n);
  expect(bills().gcp).toBeGreaterThan(0n);
  // The store's bill for reading the input comes on top.
  expect(receipt.charged).toBe(bills().gcp + (receipt.lines[1]?.read ?? 0n));

  await eventually(() => open().aws + open().gcp === 0, "the end of both clouds' jobs");
  expect(aws.jobs().map(({ status, isTerminated }) => [status, isTerminated])).toEqual([["FAILED", true]]);
  expect(gcp.allJobs().size).toBe(1);
  await scheduler.close();
  expect(keys().toSorted()).toEqual(["in/names", "results/sorted"]);
}, 60_000);
