import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { GolemFaultRule, ProviderHabits, SimulatedYagna } from "../../../../src/testing/golem/index.js";
import { startYagna } from "./fixture.js";

const CLIENT = fileURLToPath(new URL("golem-client.mjs", import.meta.url));

/** golem-js in a process of its own, until it ends by itself or by an exception that nobody caught. */
const rent = (
  yagna: SimulatedYagna,
  timeoutMs = 30_000,
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLIENT, yagna.url, yagna.appKey, String(timeoutMs)], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
    });
  });

const failing = (operation: GolemFaultRule["operation"]): GolemFaultRule => ({
  ...(operation === undefined ? {} : { operation }),
  fault: { kind: "status", status: 500, body: { message: "database is locked" }, effect: false },
});

describe("golem-js 3.6.0", { timeout: 60_000 }, () => {
  test("rents, when all is well", async () => {
    const yagna = await startYagna({ providers: [{ name: "alpha" }] });
    expect(await rent(yagna)).toMatchObject({ code: 0, stdout: "rented from alpha\n" });
    expect(yagna.openAgreements()).toEqual([]);
  });

  test.each(["subscribeDemand", "collectOffers"] as const)("takes its process down after one 500: %s", async (operation) => {
    const yagna = await startYagna();
    yagna.inject(failing(operation));
    const { code, stdout, stderr } = await rent(yagna);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/Could not publish demand|Internal Server Error|Server error/i);
  });

  test.each([
    [{ offers: "no-usage-vector" }, "Broken proposal"],
    [{ offers: "no-prices" }, "Broken proposal"],
    [{ counter: "reject-without-reason" }, "Cannot read properties of undefined"],
  ] as const satisfies readonly (readonly [ProviderHabits, string])[])(
    "takes its process down for what a stranger says: %o",
    async (habits, message) => {
      const yagna = await startYagna();
      yagna.behave("*", habits);
      const { code, stdout, stderr } = await rent(yagna);
      expect([code, stdout]).toEqual([1, ""]);
      expect(stderr).toContain(message);
    },
  );

  test("waits in vain where no offer comes, or only ones that cost too much", async () => {
    const yagna = await startYagna();
    yagna.behave("*", { priceFactor: 1_000_000 });
    expect(await rent(yagna, 2_000)).toMatchObject({ code: 0, stdout: expect.stringContaining("failed with GolemTimeoutError") });
    expect(yagna.requests.some(({ operation }) => operation === "counterProposal")).toBe(false);
    expect(yagna.agreements()).toEqual([]);
  });
});
