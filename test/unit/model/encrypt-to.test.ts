import { describe, expect, test } from "vitest";
import { defineWorkload } from "../../../src/model/define-workload.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";
import { refusal, rejection } from "./refusal.js";

const key = "age196vfl7ygwhklyzzt2ws8j2s6s5rvl0ap5g89kceatt0d9x0xxspszelmd9";
/** From the documentation of age. */
const other = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

const outputsOf = (input: object) => {
  const parsed = parseWorkload({ command: ["true"], ...input });
  if (parsed.kind !== "single") throw new Error("expected a single workload");
  return parsed.workload.outputs;
};

describe("outputs are encrypted to", () => {
  test("a key of their own, else that of the data, else none", () => {
    expect(outputsOf({ outputs: { a: { encryptTo: key }, b: "s3://b/b" } })).toEqual({
      a: { optional: false, encryptTo: key },
      b: { optional: false, uri: "s3://b/b" },
    });
    expect(outputsOf({ data: { encryptTo: key }, outputs: { a: {}, b: { optional: true, encryptTo: other } } })).toEqual({
      a: { optional: false, encryptTo: key },
      b: { optional: true, encryptTo: other },
    });
  });

  test.each([
    ["a letter too few", key.slice(0, -1), "must be a public key of age"],
    ["a mistyped letter", key.replace(/.$/, (last) => (last === "q" ? "p" : "q")), "is mistyped"],
    ["two letters exchanged", other.replace("ql3z", "q3lz"), "is mistyped"],
    ["upper case", key.toUpperCase(), "must be a public key of age"],
    ["a secret key", "AGE-SECRET-KEY-1QQQ", "is a secret key"],
    ["a plug-in's key", "age1yubikey1qwq", "must be a public key of age"],
    ["a number", 1, ""],
  ])("%s is refused, without being shown", (_, encryptTo, problem) => {
    for (const [field, members] of [
      ["outputs.a.encryptTo", { outputs: { a: { encryptTo } } }],
      ["data.encryptTo", { data: { encryptTo }, outputs: { a: {} } }],
    ] as const) {
      const error = refusal(() => parseWorkload({ command: ["true"], ...members }));
      expect(error).toMatchObject({ code: "INVALID_WORKLOAD", details: { field } });
      expect(error.message).toContain(problem);
      expect(error.message).not.toContain("SECRET-KEY");
    }
  });

  test("nothing that is compared between attempts", () => {
    const verification = { kind: "quorum" };
    for (const [field, members] of [
      ["outputs.a.encryptTo", { outputs: { a: { encryptTo: key } } }],
      ["data.encryptTo", { data: { encryptTo: key }, outputs: { a: {} } }],
    ] as const) {
      const error = refusal(() => parseWorkload({ command: ["true"], verification, ...members }));
      expect(error).toMatchObject({ code: "INVALID_WORKLOAD", details: { field } });
      expect(error.message).toContain("quorum");
    }
  });

  test.each([{ outputs: { r: { encryptTo: key } } }, { outputs: { r: {} }, data: { encryptTo: key } }])(
    "no typed result: %j",
    async (members) => {
      const anything = { "~standard": { version: 1 as const, vendor: "test", validate: (value: unknown) => ({ value }) } };
      const definition = defineWorkload({
        name: "embed",
        input: anything,
        result: { output: "r", schema: anything },
        build: (): WorkloadInput => ({ command: ["true"], ...members }),
      });
      expect(await rejection(definition.prepare({}))).toMatchObject({ code: "INVALID_WORKLOAD", details: { output: "r" } });
    },
  );
});
