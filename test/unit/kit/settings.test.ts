import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { booleanSetting, choiceSetting, listSetting, numberSetting, settingsFor } from "../../../src/kit/settings.js";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { Secret } from "../../../src/model/secret.js";

const withEnv = (env: Readonly<Record<string, string>>) => settingsFor("akash", (name) => env[name]);

describe("settingsFor", () => {
  it("prefers the option to the variable", () => {
    const setting = withEnv({ AKASH_REGION: "eu" });
    expect(setting("region", { option: "us", env: "AKASH_REGION" })).toBe("us");
    expect(setting("region", { option: undefined, env: "AKASH_REGION" })).toBe("eu");
  });

  it("says both ways out when neither is set", () => {
    const setting = withEnv({ AKASH_API_KEY: "" });
    try {
      setting("apiKey", { option: undefined, env: "AKASH_API_KEY", what: "an API key", secret: true });
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: "INVALID_CONFIG",
        message: "akash needs an API key: pass `apiKey` or set AKASH_API_KEY.",
        details: { field: "apiKey", variable: "AKASH_API_KEY" },
      });
    }
  });

  it("makes words of the name when nothing better is said", () => {
    expect(() => withEnv({})("projectId", { option: undefined, env: ["GCP_PROJECT", "GOOGLE_CLOUD_PROJECT"] })).toThrow(
      "akash needs a project id: pass `projectId` or set GCP_PROJECT or GOOGLE_CLOUD_PROJECT.",
    );
    expect(() => withEnv({})("apiKey", { option: undefined })).toThrow("akash needs an api key: pass `apiKey`.");
  });

  it("takes the first variable that is set", () => {
    expect(withEnv({ B: "two", A: "" })("x", { option: undefined, env: ["A", "B"] })).toBe("two");
  });

  it("wraps credentials from both places and takes the line break off", () => {
    const setting = withEnv({ KEY: "abc\n" });
    const fromEnv = setting("key", { option: undefined, env: "KEY", secret: true });
    expect(inspect(fromEnv)).toBe("[secret]");
    expect(fromEnv.reveal()).toBe("abc");
    expect(setting("key", { option: "def", env: "KEY", secret: true }).reveal()).toBe("def");
    const wrapped = new Secret("ghi");
    expect(setting("key", { option: wrapped, env: "KEY", secret: true })).toBe(wrapped);
  });

  it("parses variables, keeps options and falls back", () => {
    const setting = withEnv({ T: "1500", BOTH: "a, b c,,d" });
    const parse = numberSetting({ min: 1, whole: true });
    expect(setting("timeoutMs", { option: undefined, env: "T", parse })).toBe(1500);
    expect(setting("timeoutMs", { option: 7, env: "T", parse })).toBe(7);
    expect(setting("timeoutMs", { option: undefined, env: "NONE", parse, fallback: 3 })).toBe(3);
    expect(setting("both", { option: undefined, env: "BOTH", parse: listSetting() })).toEqual(["a", "b", "c", "d"]);
  });

  it.each([
    [numberSetting(), "abc", "must be a number"],
    [numberSetting(), " ", "must be a number"],
    [numberSetting({ whole: true }), "1.5", "must be a whole number"],
    [numberSetting({ min: 2 }), "1", "must be a number of at least 2"],
    [numberSetting({ max: 2 }), "3", "must be a number of at most 2"],
    [booleanSetting(), "maybe", "must be true or false"],
    [choiceSetting(["mainnet", "sandbox"]), "mainet", "must be one of mainnet, sandbox (did you mean mainnet?)"],
  ])("%# says what a variable must be", (parse, text, message) => {
    expect(() => withEnv({ V: text })("thing", { option: undefined, env: "V", parse: parse as (text: string) => unknown })).toThrow(
      `akash: the variable V (option \`thing\`) ${message}.`,
    );
  });

  it("does not repeat a value that a parser quotes", () => {
    const parse = (text: string): number => JSON.parse(text) as number;
    try {
      withEnv({ V: "hunter2" })("thing", { option: undefined, env: "V", parse });
      expect.unreachable();
    } catch (error) {
      expect(SchedulerError.isInstance(error)).toBe(true);
      expect(inspect(error)).not.toContain("hunter2");
    }
  });

  it("reads truth in the usual spellings", () => {
    expect(["TRUE", "1", "yes", "false", "0", " No "].map(booleanSetting())).toEqual([true, true, true, false, false, false]);
  });
});
