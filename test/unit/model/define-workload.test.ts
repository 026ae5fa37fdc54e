import { describe, expect, it } from "vitest";
import * as z from "zod";
import { defineWorkload } from "../../../src/model/define-workload.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import type { StandardSchema } from "../../../src/model/standard-schema.js";
import { parseWorkload } from "../../../src/model/workload-input.js";
import { refusal, rejection } from "./refusal.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const embed = defineWorkload({
  name: "embed",
  input: z.object({ shard: z.number().int().min(0), model: z.string().default("e5") }),
  result: { output: "/out/result.json", schema: z.object({ vectors: z.number(), note: z.string().optional() }) },
  build: ({ shard, model }) => ({
    kind: "inference",
    model,
    command: ["embed", String(shard)],
    outputs: { "/out/result.json": {} },
  }),
});

/** A schema made by hand: any library may stand behind the interface. */
const handMade = (answer: () => unknown): StandardSchema<unknown, number> => ({
  "~standard": { version: 1, vendor: "test", validate: answer as StandardSchema<unknown, number>["~standard"]["validate"] },
});

describe("prepare", () => {
  it("validates the input and builds a workload that parses", async () => {
    const input = await embed.prepare({ shard: 3 });
    expect(input).toEqual({ name: "embed", kind: "inference", model: "e5", command: ["embed", "3"], outputs: { "/out/result.json": {} } });
    expect(parseWorkload(input).kind).toBe("single");
    expect(embed.resultOutput).toBe("/out/result.json");
  });

  it("names the field that the schema refuses", async () => {
    const error = await rejection(embed.prepare({ shard: -1 }));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("input.shard");
    expect(error.message).toContain('"embed"');
    // @ts-expect-error the type refuses it too
    expect((await rejection(embed.prepare(undefined))).details.field).toBe("input");
  });

  it("understands paths with keys in objects and asynchronous schemas", async () => {
    const schema = handMade(() => Promise.resolve({ issues: [{ message: "no", path: [{ key: "list" }, 2, { key: "a b" }] }] }));
    const definition = defineWorkload({ name: "d", input: schema, build: () => ({ command: ["x"] }) });
    expect((await rejection(definition.prepare({}))).details.field).toBe('input.list[2]["a b"]');
  });

  it.each<[string, () => unknown, string]>([
    ["throws", () => expect.fail("broken schema"), "PLUGIN_CONTRACT_VIOLATION"],
    ["rejects", () => Promise.reject(new Error("broken schema")), "PLUGIN_CONTRACT_VIOLATION"],
    ["answers nothing", () => undefined, "PLUGIN_CONTRACT_VIOLATION"],
    ["answers a number", () => 5, "PLUGIN_CONTRACT_VIOLATION"],
    ["refuses without issues", () => ({ issues: [] }), "INVALID_WORKLOAD"],
  ])("blames a schema that %s", async (_, answer, code) => {
    const definition = defineWorkload({ name: "d", input: handMade(answer), build: () => ({ command: ["x"] }) });
    const error = await rejection(definition.prepare({}));
    expect(error.code).toBe(code);
    expect(error.details.field).toBe("input");
  });

  it.each<[string, () => unknown]>([
    ["throws", () => expect.fail("in build")],
    ["answers nothing", () => undefined],
    ["answers a string", () => "workload"],
    [
      "answers what throws when it is looked at",
      () =>
        Object.defineProperty({}, "command", {
          enumerable: true,
          get: () => {
            throw new Error("in a getter");
          },
        }),
    ],
  ])("refuses a build that %s", async (_, build) => {
    const definition = defineWorkload({ name: "d", input: z.unknown(), build: build as () => { command: string[] } });
    const error = await rejection(definition.prepare({}));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("build");
  });

  it("passes coded errors of a build on", async () => {
    const definition = defineWorkload({
      name: "d",
      input: z.unknown(),
      build: (): { command: string[] } => {
        throw new SchedulerError("ARTIFACT_NOT_FOUND", "gone");
      },
    });
    expect((await rejection(definition.prepare({}))).code).toBe("ARTIFACT_NOT_FOUND");
  });

  it("refuses a workload without the output that holds the result", async () => {
    const definition = defineWorkload({
      name: "d",
      input: z.unknown(),
      result: { output: "/out/result.json", schema: z.unknown() },
      build: () => ({ command: ["x"], outputs: { "/out": {} } }),
    });
    expect((await rejection(definition.prepare({}))).details.field).toBe("outputs");
  });

  it("keeps a name that the workload has", async () => {
    const definition = defineWorkload({ name: "d", input: z.string(), build: (name) => ({ name, command: ["x"] }) });
    expect((await definition.prepare("mine")).name).toBe("mine");
  });
});

describe("parseResult", () => {
  it("reads the bytes of the output, or a value", async () => {
    expect(await embed.parseResult(bytes('{"vectors":3,"note":"naïve 🚀"}'))).toEqual({ vectors: 3, note: "naïve 🚀" });
    expect(await embed.parseResult({ vectors: 4 })).toEqual({ vectors: 4 });
    expect(await embed.parseResult(bytes('\ufeff{"vectors":5}'))).toEqual({ vectors: 5 });
  });

  it("answers nothing for a definition without a result", async () => {
    const definition = defineWorkload({ name: "d", input: z.unknown(), build: () => ({ command: ["x"] }) });
    expect(await definition.parseResult(bytes("whatever"))).toBeUndefined();
    expect(definition).not.toHaveProperty("resultOutput");
  });

  it.each<[string, unknown, string]>([
    ["another shape", bytes('{"vectors":"3"}'), "result.vectors"],
    ["no JSON", bytes("vectors: 3, token sk-secret"), "result"],
    ["nothing", bytes(""), "result"],
    ["no text", new Uint8Array([0x22, 0xff, 0x22]), "result"],
    ["a lone surrogate", new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22]), "result"],
    ["an overlong character", new Uint8Array([0x22, 0xc0, 0xaf, 0x22]), "result"],
    ["half a character", new Uint8Array([0x22, 0xe2, 0x82]), "result"],
  ])("refuses %s without showing it", async (_, content, field) => {
    const error = await rejection(embed.parseResult(content));
    expect(error.code).toBe("RESULT_INVALID");
    expect(error.details.field).toBe(field);
    expect(JSON.stringify(error)).not.toContain("sk-secret");
  });
});

describe("defineWorkload", () => {
  const good = { name: "d", input: z.unknown(), build: () => ({ command: ["x"] }) };

  it.each<[string, unknown, string]>([
    ["no options", undefined, "definition"],
    ["no name", { ...good, name: "" }, "name"],
    ["no schema", { ...good, input: { type: "object" } }, "input"],
    ["no builder", { ...good, build: "x" }, "build"],
    ["no output of the result", { ...good, result: { schema: z.unknown() } }, "result.output"],
    ["no schema of the result", { ...good, result: { output: "o", schema: null } }, "result.schema"],
    ["null as result", { ...good, result: null }, "result"],
  ])("refuses %s", (_, options, field) => {
    const error = refusal(() => defineWorkload(options as typeof good));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe(field);
  });
});
