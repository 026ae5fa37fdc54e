import { describe, expect, it } from "vitest";
import { local } from "../../../../src/backends/local/index.js";

const refusal = (options: unknown) => {
  try {
    // What a JavaScript caller may pass.
    local(options as never);
  } catch (error) {
    return error as { code: string; message: string; details: { field?: string } };
  }
  throw new Error("not refused");
};

describe("options of local()", () => {
  it.each([undefined, {}, { cpu: 2 }, { usdPerHour: undefined }, { usdPerHour: "0.05" }])("must state a price: %j", (options) => {
    const error = refusal(options);
    expect(error).toMatchObject({ code: "INVALID_CONFIG", details: { field: "usdPerHour" } });
    expect(error.message).toContain("must be stated");
  });

  it.each([
    ["usdPerHour", -1],
    ["usdPerHour", Number.NaN],
    ["usdPerHour", Number.POSITIVE_INFINITY],
    ["cpu", 0],
    ["memory", "8 gigs"],
    ["memory", -5],
    ["memory", true],
    ["concurrency", 0],
    ["concurrency", 1.5],
    ["runtime", "podman"],
    ["directory", ""],
    ["timeoutGraceMs", -1],
    ["place.country", "Germany", { place: { country: "Germany" } }],
    ["certifications[0]", 7, { certifications: [7] }],
    ["usdPerHuor", 1],
  ])("refuses %s = %j and names it", (field, value, options?: object) => {
    const error = refusal({ usdPerHour: 1, ...(options ?? { [field]: value }) });
    expect(error).toMatchObject({ code: "INVALID_CONFIG", details: { field } });
    expect(error.message).toContain(field);
  });

  it("says what it can do, depending on them", () => {
    const plain = local({ usdPerHour: 0 });
    expect(plain).toMatchObject({ id: "local", kind: "local", specVersion: 1 });
    expect(plain.capabilities).toMatchObject({
      paid: false,
      images: "none",
      exitCode: true,
      staging: "native",
      logs: true,
      reuse: false,
      affinity: "any",
      inspect: { mode: "ids" },
      pollMs: { least: 20, most: 2_000 },
      visibilityMs: 0,
      enforcesLifetime: true,
      countries: "any",
      trust: { operators: ["self"], certifications: [], agreements: [], tee: [] },
    });
    const told = local({
      id: "rack-7",
      usdPerHour: 1,
      acceptImages: true,
      place: { country: "DE" },
      certifications: ["ISO27001"],
      agreements: ["dpa"],
    });
    expect(told.id).toBe("rack-7");
    expect(told.capabilities).toMatchObject({
      images: "optional",
      countries: ["DE"],
      trust: { certifications: ["iso27001"], agreements: ["dpa"] },
    });
    expect(local({ usdPerHour: 1, runtime: "docker" }).capabilities.images).toBe("required");
  });
});
