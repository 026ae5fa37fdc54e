import { expect, it } from "vitest";
import { checkCapabilities } from "../../../src/kit/check-capabilities.js";
import { declareCapabilities } from "../../../src/kit/declare-capabilities.js";

const essential = {
  paid: true,
  images: "required",
  exitCode: true,
  staging: "wrapper",
  billing: { granularityMs: 1_000, minimumMs: 0, prepaid: false, refund: "none" },
  trust: { operators: ["single"], certifications: [], agreements: [], tee: [] },
  countries: ["DE"],
} as const;

it("completes an author's choices to capabilities that pass the check", () => {
  const capabilities = declareCapabilities(essential);
  expect(() => checkCapabilities("acme", capabilities, {})).not.toThrow();
  expect(capabilities).toMatchObject({ ...essential, logs: false, reuse: false, enforcesLifetime: false, affinity: "any" });
  expect(capabilities.charges).toBeUndefined();
});

it("lets every choice win over its default", () => {
  expect(declareCapabilities({ ...essential, visibilityMs: 0, inspect: { mode: "sweep" }, charges: "reported" })).toMatchObject({
    visibilityMs: 0,
    inspect: { mode: "sweep" },
    charges: "reported",
  });
});
