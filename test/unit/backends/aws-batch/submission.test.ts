import { describe, expect, it } from "vitest";
import { createJobNames } from "../../../../src/backends/aws-batch/names.js";
import { timeoutSeconds } from "../../../../src/backends/aws-batch/submission.js";

const SECOND = 1_000;

describe("the timeout", () => {
  it.each([
    ["is the lifetime less the time for stopping", 3_600, 1_800, false, 3_570],
    ["is the command's own where nobody else keeps it", 3_600, 1_800, true, 1_800],
    ["never outlives the lease", 600, 1_800, true, 570],
    ["is a minute at least", 70, 5, true, 60],
  ])("%s", (_what, lifetime, timeout, endsAtTimeout, seconds) => {
    const launch = { maxLifetimeMs: lifetime * SECOND, timeoutMs: timeout * SECOND };
    expect(timeoutSeconds(launch, endsAtTimeout)).toBe(seconds);
  });
});

describe("names", () => {
  const names = createJobNames("sw-");
  const namespace = { id: "abc123" };

  it("can be read back, by their own namespace and prefix only", () => {
    const name = names.toName("abc123-run-1-a1", namespace);
    expect(name).toBe("sw-abc123_abc123-run-1-a1");
    expect(names.toKey(name, namespace)).toBe("abc123-run-1-a1");
    expect(names.toKey(name, { id: "abc1234" })).toBeUndefined();
    expect(names.toKey(name, { id: "abc12" })).toBeUndefined();
    expect(createJobNames("x-").toKey(name, namespace)).toBeUndefined();
    expect(names.toKey("sw-abc123_NOT-A-KEY", namespace)).toBeUndefined();
  });

  it("are refused for what is no key, and fit the longest of everything", () => {
    expect(() => names.toName("Not a key", namespace)).toThrow(/placement key/);
    expect(createJobNames("p".repeat(40)).toName("k".repeat(48), { id: "n".repeat(12) }).length).toBeLessThanOrEqual(128);
  });
});
