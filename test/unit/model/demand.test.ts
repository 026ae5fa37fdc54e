import { describe, expect, it } from "vitest";
import { toDemand } from "../../../src/model/demand.js";
import { parseWorkload, type WorkloadInput } from "../../../src/model/workload-input.js";

const demandOf = (input: WorkloadInput, kind: string) => {
  const parsed = parseWorkload(input);
  if (parsed.kind !== "single") throw new Error("expected a single workload");
  return toDemand(parsed.workload, 7_200_000, kind);
};

describe("toDemand", () => {
  it("holds sizes and limits and nothing that identifies the workload", () => {
    const demand = demandOf(
      {
        name: "secret project",
        image: "ghcr.io/acme/secret",
        command: ["secret"],
        env: { A: "secret" },
        resources: { cpu: 2, memory: "4GiB", disk: "8GiB", gpu: "l4", arch: "arm64" },
        backendOptions: { akash: { placement: "westcoast" }, local: { secret: true } },
        interruptible: false,
        labels: { a: "secret" },
      },
      "akash",
    );
    expect(demand).toEqual({
      cpu: 2,
      memoryMiB: 4_096,
      diskMiB: 8_192,
      gpu: { models: ["l4"], count: 1 },
      arch: "arm64",
      image: true,
      interruptible: false,
      maxLifetimeMs: 7_200_000,
      options: { placement: "westcoast" },
    });
    expect(JSON.stringify(demand)).not.toContain("secret");
  });

  it("has no options for other kinds, whatever they are called", () => {
    for (const kind of ["local", "constructor", "__proto__"]) {
      expect(demandOf({ command: ["x"], backendOptions: { akash: {} } }, kind)).not.toHaveProperty("options");
    }
    expect(demandOf({ command: ["x"] }, "akash").image).toBe(false);
  });
});
