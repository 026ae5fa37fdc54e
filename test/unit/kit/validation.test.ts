import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { isSecret, parseBackendOptions, secretOption, validateInput } from "../../../src/kit/validation.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { Secret } from "../../../src/model/secret.js";

const schema = z.object({
  apiKey: secretOption().optional(),
  region: z.enum(["eu", "us"]).optional(),
  queues: z.array(z.object({ arn: z.string(), gpuModel: z.string().optional() })).default([]),
  network: z.object({ subnet: z.string() }).optional(),
});

function failure(value: unknown): SchedulerError {
  try {
    validateInput(schema, value, { subject: "acme" });
  } catch (error) {
    if (SchedulerError.isInstance(error)) return error;
  }
  throw new Error("expected a SchedulerError");
}

describe("validateInput", () => {
  it("gives the parsed value with defaults", () => {
    expect(validateInput(schema, { region: "eu" }, { subject: "acme" })).toEqual({ region: "eu", queues: [] });
  });

  it("names a misspelt key and what was meant", () => {
    const error = failure({ regoin: "eu" });
    expect(error.code).toBe("INVALID_CONFIG");
    expect(error.message).toBe("acme: there is no option `regoin` (did you mean `region`?).");
    expect(error.details.field).toBe("regoin");
  });

  it("lists the keys when none is near", () => {
    expect(failure({ colour: 1 }).message).toBe("acme: there is no option `colour` (there are: apiKey, region, queues, network).");
  });

  it("names the path of a nested problem", () => {
    const error = failure({ queues: [{ arn: "a" }, { arn: 7 }] });
    expect(error.message).toBe("acme: option `queues[1].arn` is invalid: expected string, received number.");
    expect(error.details.field).toBe("queues[1].arn");
  });

  it("suggests inside nested strict objects", () => {
    const strict = z.object({ queues: z.array(z.strictObject({ arn: z.string(), gpuModel: z.string().optional() })) });
    expect(() => validateInput(strict, { queues: [{ arn: "a", gpumodel: "t4" }] }, { subject: "acme" })).toThrow(
      /`queues\[0\]\.gpumodel` \(did you mean `gpuModel`/,
    );
  });

  it("never shows a value, whatever is wrong with it", () => {
    const error = failure({ apiKey: { value: "hunter2" }, region: "hunter2", queues: "hunter2", network: { subnet: ["hunter2"] } });
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
    expect(error.message).toContain("option `apiKey` must be a text");
    expect(error.message).toContain("option `region` is invalid: expected one of");
  });

  it("shows at most five problems", () => {
    const wide = z.object(Object.fromEntries(["a", "b", "c", "d", "e", "f", "g"].map((key) => [key, z.string()])));
    expect(() => validateInput(wide, {}, { subject: "acme" })).toThrow(/and 2 more/);
  });

  it("keeps a schema's own refinements although it makes it strict", () => {
    const refined = z
      .object({ least: z.number(), most: z.number() })
      .refine((value) => value.least <= value.most, "`least` must not be above `most`");
    expect(() => validateInput(refined, { least: 2, most: 1 }, { subject: "acme" })).toThrow("acme: `least` must not be above `most`.");
    expect(() => validateInput(refined, { least: 1, most: 2, mots: 1 }, { subject: "acme" })).toThrow(/did you mean `most`/);
  });
});

describe("parseBackendOptions", () => {
  it("says where the caller wrote it", () => {
    try {
      parseBackendOptions("acme", z.object({ priority: z.number().optional() }), { priorty: 1 });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "backendOptions.acme.priorty" } });
    }
  });

  it("takes absence as empty", () => {
    expect(parseBackendOptions("acme", z.object({ priority: z.number().default(3) }), undefined)).toEqual({ priority: 3 });
  });
});

describe("secretOption and isSecret", () => {
  it("wraps text and keeps a Secret", () => {
    const secret = new Secret("abc");
    expect(secretOption().parse(secret)).toBe(secret);
    expect(secretOption().parse("abc").reveal()).toBe("abc");
    expect(() => secretOption().parse("")).toThrow();
  });

  it("knows a Secret of another copy of the package, and nothing else", () => {
    const foreign = { reveal: () => "abc", toJSON: () => "[secret]" };
    expect([new Secret("a"), foreign].map(isSecret)).toEqual([true, true]);
    expect(["[secret]", null, {}, { reveal: () => "a" }, { toJSON: () => "[secret]" }, Object.create(null)].map(isSecret)).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});
