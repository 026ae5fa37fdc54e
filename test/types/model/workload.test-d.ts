import type { StandardSchemaV1 } from "@standard-schema/spec";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";
import { defineWorkload, type WorkloadDefinition } from "../../../src/model/define-workload.js";
import type {
  FanOutInput,
  InferenceInput,
  IsFanOut,
  ParsedWorkload,
  RenderingInput,
  SimulationInput,
  SingleWorkloadInput,
  WorkloadInput,
} from "../../../src/model/index.js";
import type { StandardSchema } from "../../../src/model/standard-schema.js";

/** Infers as narrowly as a generic `schedule` would. */
declare function kindOfRun<const W extends WorkloadInput>(workload: W): IsFanOut<W>;

describe("WorkloadInput", () => {
  it("takes what the guide shows", () => {
    const workload = {
      kind: "inference",
      image: "ghcr.io/acme/embed:1.4",
      command: ["python", "embed.py"],
      resources: { cpu: 8, memory: "32GiB", gpu: { model: ["l4", "a10g"], count: 1 } },
      inputs: { "/in/part-0.jsonl": "./parts/0.jsonl" },
      outputs: { "/out": "s3://acme/results/0/" },
      data: { sensitivity: "public" },
      expectedDuration: "20m",
      deadline: new Date(0),
      maxCost: "$2.50",
      verification: { kind: "quorum", maxReplicas: 3 },
    } satisfies WorkloadInput;
    expectTypeOf(workload).toExtend<InferenceInput>();
    expectTypeOf<{ command: string[] }>().toExtend<WorkloadInput>();
  });

  it("refuses what no kind has", () => {
    // @ts-expect-error misspelt
    expectTypeOf({ comand: ["x"] }).toExtend<WorkloadInput>();
    // @ts-expect-error a shell line
    ({ command: "x" }) satisfies WorkloadInput;
    // @ts-expect-error frames are of renderings
    ({ kind: "simulation", command: ["x"], frames: { from: 1, to: 2 } }) satisfies WorkloadInput;
    // @ts-expect-error no such class of data
    ({ command: ["x"], data: "secret" }) satisfies WorkloadInput;
    // @ts-expect-error no such kind
    ({ kind: "mining", command: ["x"] }) satisfies WorkloadInput;
    // @ts-expect-error a misspelt key beside good ones
    ({ command: ["x"], maxCosts: "$5" }) satisfies WorkloadInput;
  });

  it("narrows by kind", () => {
    expectTypeOf<Extract<WorkloadInput, { kind: "rendering" }>>().toEqualTypeOf<RenderingInput>();
  });
});

describe("IsFanOut", () => {
  it("knows from the literal whether it becomes a group", () => {
    expectTypeOf(kindOfRun({ command: ["x"] })).toEqualTypeOf<false>();
    expectTypeOf(kindOfRun({ kind: "proving", command: ["x"] })).toEqualTypeOf<false>();
    expectTypeOf(kindOfRun({ command: ["x"], shards: 4 })).toEqualTypeOf<true>();
    expectTypeOf(kindOfRun({ kind: "rendering", command: ["x"], frames: { from: 1, to: 9 } })).toEqualTypeOf<true>();
    expectTypeOf(kindOfRun({ kind: "simulation", command: ["x"], seeds: [1, 2] })).toEqualTypeOf<true>();
    expectTypeOf(kindOfRun({ kind: "training", command: ["x"], sweep: { rate: [0.1, 0.2] } })).toEqualTypeOf<true>();
  });

  it("leaves open what the type leaves open", () => {
    expectTypeOf<IsFanOut<WorkloadInput>>().toEqualTypeOf<boolean>();
    expectTypeOf<IsFanOut<SimulationInput>>().toEqualTypeOf<boolean>();
  });

  it("agrees with the two halves", () => {
    expectTypeOf<IsFanOut<SingleWorkloadInput>>().toEqualTypeOf<false>();
    expectTypeOf<IsFanOut<FanOutInput>>().toEqualTypeOf<true>();
    expectTypeOf<FanOutInput>().toExtend<WorkloadInput>();
    expectTypeOf<SingleWorkloadInput>().toExtend<WorkloadInput>();
  });

  it("tells what parsing answers", () => {
    expectTypeOf<ParsedWorkload["kind"]>().toEqualTypeOf<"single" | "fan-out">();
  });
});

describe("defineWorkload", () => {
  const input = z.object({ shard: z.number(), model: z.string().default("e5") });

  it("takes what the schema takes and answers what the result schema makes", () => {
    const definition = defineWorkload({
      name: "embed",
      input,
      result: { output: "out.json", schema: z.object({ at: z.string().transform((text) => text.length) }) },
      build: (parsed) => {
        expectTypeOf(parsed).toEqualTypeOf<{ shard: number; model: string }>();
        return { kind: "inference", command: ["x"], outputs: { "out.json": {} } };
      },
    });
    expectTypeOf(definition.prepare).parameter(0).toEqualTypeOf<{ shard: number; model?: string | undefined }>();
    expectTypeOf(definition.parseResult).returns.resolves.toEqualTypeOf<{ at: number }>();
    expectTypeOf(definition).toExtend<WorkloadDefinition<{ shard: number }, { at: number }>>();
  });

  it("has no result without a schema, and remembers whether it fans out", () => {
    const one = defineWorkload({ name: "one", input, build: () => ({ command: ["x"] }) });
    expectTypeOf(one.parseResult).returns.resolves.toEqualTypeOf<undefined>();
    expectTypeOf<IsFanOut<Awaited<ReturnType<typeof one.prepare>>>>().toEqualTypeOf<false>();
    const many = defineWorkload({ name: "many", input, build: ({ shard }) => ({ command: ["x"], shards: shard }) });
    expectTypeOf<IsFanOut<Awaited<ReturnType<typeof many.prepare>>>>().toEqualTypeOf<true>();
  });

  it("refuses to build what is no workload", () => {
    // @ts-expect-error no command
    defineWorkload({ name: "d", input, build: () => ({ image: "alpine" }) });
  });
});

describe("StandardSchema", () => {
  it("is the published interface", () => {
    expectTypeOf<StandardSchemaV1<string, number>>().toExtend<StandardSchema<string, number>>();
    expectTypeOf<StandardSchema<string, number>>().toExtend<StandardSchemaV1<string, number>>();
  });
});
