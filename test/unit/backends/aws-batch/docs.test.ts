import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { awsBatchOptions } from "../../../../src/backends/aws-batch/options.js";
import { INSTANCES } from "../../../../src/backends/aws-batch/prices/list-prices.js";
import { priceApiOptions } from "../../../../src/backends/aws-batch/prices/options.js";
import { queueOptions } from "../../../../src/backends/aws-batch/queue-options.js";
import { FAILURE_REASONS } from "../../../../src/backends/aws-batch/reasons.js";

const page = readFileSync(new URL("../../../../docs/backends/aws-batch.md", import.meta.url), "utf8");
const part = (heading: string): string => page.split(`\n${heading}\n`)[1]?.split(/\n##+ /)[0] ?? "";
const rows = (heading: string): readonly string[] => [...part(heading).matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name ?? "");

describe("the docs page", () => {
  it("has every option, and no other", () => {
    expect([...rows("## Options")].sort()).toEqual(["id", ...Object.keys(awsBatchOptions.shape)].sort());
    expect([...rows("### Queues")].sort()).toEqual(Object.keys(queueOptions.shape).sort());
    expect([...rows("### Prices")].sort()).toEqual(Object.keys(priceApiOptions.shape).sort());
  });

  it("has every known instance type and every reason's code", () => {
    for (const type of Object.keys(INSTANCES)) expect(page).toContain(`\`${type}\``);
    for (const { code } of FAILURE_REASONS) expect(part("## States and reasons")).toContain(code);
  });

  it("says that it was never run against the live service", () => {
    expect(page).toContain("Tested against a simulator; not yet run against the live service.");
  });
});
