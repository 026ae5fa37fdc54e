import { join } from "node:path";
import { policies } from "spillway";
import type { CandidateResult, Verifier } from "spillway/spec";
import { marketplace } from "spillway/testing";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { temporaryDirectory } from "../../support/temporary.js";
import { shell, staged } from "./fixture.js";

/** Counts to six, a step every 0.4 s, from where the checkpoint directory says; each step is noted outside of the machine. */
const counting = (folder: string) =>
  shell(
    `n=$(cat ckpt/n 2>/dev/null || echo 0); while [ $n -lt 6 ]; do n=$((n+1)); mkdir -p ckpt; echo $n > ckpt/n; echo $n >> '${folder}/steps'; sleep 0.4; done; cp ckpt/n out`,
    { outputs: { out: "s3://test-bucket/results/count" }, checkpoint: { path: "ckpt", every: "1s", cost: "1s" }, expectedDuration: "4s" },
  );

const steady = { ...policies.cheapest(), selection: { kind: "quantile", quantile: 0.5 } as const };
const records = (keys: readonly string[]): readonly string[] => keys.filter((key) => key.endsWith("-record"));

describe("an attempt whose machine is lost", () => {
  test("is continued on another one from its last checkpoint, which costs less", async () => {
    const { scheduler, market, folder, keys, lines, text } = await staged({
      market: { priceVolatility: 0 },
      scheduler: { policy: steady },
    });
    const run = await scheduler.schedule(counting(folder));
    await eventually(() => records(keys()).length > 0, "a checkpoint");
    market.killNode((await run.attempts())[0]?.node.node ?? "");
    const result = await run.result();
    expect(text("results/count")).toBe("6\n");
    const [first, second] = result.attempts;
    expect(first).toMatchObject({ outcome: "lost" });
    expect(second).toMatchObject({ outcome: "succeeded", after: 1 });
    expect(second?.node.node).not.toBe(first?.node.node);
    // No step was begun anew that a checkpoint held.
    expect(lines("steps").filter((step) => step === "1")).toEqual(["1"]);
    const compute = (await run.decisions()).map(({ chosen }) => chosen?.parts.find(({ name }) => name === "compute")?.usd ?? 0);
    expect(compute[1]).toBeLessThan(compute[0] ?? 0);
    await scheduler.close();
    expect(keys()).toEqual(["results/count"]);
  });

  test("is continued from an older checkpoint when the latest is not what its record says", async () => {
    const { scheduler, server, market, folder, keys, lines, text } = await staged();
    const run = await scheduler.schedule(counting(folder));
    await eventually(() => records(keys()).length === 2, "two checkpoints");
    market.killNode((await run.attempts())[0]?.node.node ?? "");
    // The machine writes on after it was given up: the same size, other bytes.
    const newest =
      records(keys())
        .toSorted((a, b) => sequenceOf(text(b)) - sequenceOf(text(a)))[0]
        ?.replace("-record", "") ?? "";
    server.seed(newest, Buffer.alloc(server.objects().get(newest)?.bytes.length ?? 0, "x"));
    await run.result();
    expect(text("results/count")).toBe("6\n");
    expect(lines("steps").filter((step) => step === "1")).toEqual(["1"]);
  });

  test("is begun anew when it left no checkpoint", async () => {
    const { scheduler, market, folder, lines, text } = await staged();
    const run = await scheduler.schedule(counting(folder));
    await eventually(() => lines("steps").length > 0, "the first step");
    market.killNode((await run.attempts())[0]?.node.node ?? "");
    await run.result();
    expect(text("results/count")).toBe("6\n");
    expect(lines("steps").filter((step) => step === "1")).toEqual(["1", "1"]);
  });
});

test("a result carries the doubt of every machine that worked on it", async () => {
  const seen: CandidateResult[] = [];
  const verifier: Verifier = {
    name: "noting",
    plan: () => ({ replicas: 1, distinct: "none" }),
    judge: (_, results) => {
      seen.push(...results);
      return { kind: "accept", winner: results[0]?.attempt ?? 1, errorProbability: 0, agreed: [], wrong: [] };
    },
  };
  const folder = temporaryDirectory("markets");
  const containers = { execute: "process", staging: "wrapper", capabilities: { pollMs: { least: 100, most: 500 } } } as const;
  const strangers = marketplace({
    ...containers,
    id: "strangers",
    workFolder: join(folder, "strangers"),
    providers: [{ name: "stranger", nodes: 1, startMs: 0, usdPerHour: 0.001 }],
  });
  const known = marketplace({
    ...containers,
    id: "known",
    workFolder: join(folder, "known"),
    providers: [{ name: "company", nodes: 2, startMs: 0, usdPerHour: 1, trust: { operator: "single" } }],
  });
  const both = await staged({ scheduler: { policy: steady, verifiers: [verifier], backends: [strangers, known] } });
  const verification = { kind: "custom", name: "noting" } as const;
  const alone = await both.scheduler.schedule(shell("true", { data: { sensitivity: "internal" }, verification }));
  await alone.result();
  const run = await both.scheduler.schedule({ ...counting(both.folder), verification });
  await eventually(() => records(both.keys()).length > 0, "a checkpoint");
  strangers.killNode("sim-stranger-1");
  const { attempts } = await run.result();
  expect(attempts.map(({ node }) => node.provider)).toEqual(["stranger", "company"]);
  const [byCompany, byBoth] = seen.map(({ wrongProbability }) => wrongProbability);
  expect(byBoth).toBeGreaterThan(byCompany ?? 1);
});

const sequenceOf = (record: string): number => (JSON.parse(record) as { readonly sequence: number }).sequence;
