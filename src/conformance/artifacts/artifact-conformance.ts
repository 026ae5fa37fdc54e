import { ARTIFACT_STORE_SPEC_VERSION } from "../../spec/artifact-store.js";
import type { ConformanceRunner } from "../runner.js";
import { registerSuite } from "../suite.js";
import { ARTIFACT_CLAUSES } from "./artifact-clauses.js";
import type { ArtifactConformanceSetup } from "./setup.js";
import { ArtifactTrial } from "./trial.js";

/**
 * Registers one test per clause of the contract of writable artifact stores, named by the clause. Each case gets a store of its own from
 * `setup.create` and closes it.
 *
 * @example
 * import { describe, expect, test } from "vitest";
 * import { artifactStoreConformance } from "spillway/conformance";
 *
 * artifactStoreConformance({ describe, expect, test }, {
 *   kind: "memory",
 *   urls: "none",
 *   create: async () => ({ store: memoryArtifacts(), host: createVirtualHost(), close: async () => {} }),
 * });
 */
export function artifactStoreConformance(runner: ConformanceRunner, setup: ArtifactConformanceSetup): void {
  registerSuite<ArtifactTrial, ArtifactConformanceSetup>(runner, {
    name: "artifacts",
    title: `artifact store conformance: ${setup.kind}`,
    specVersion: ARTIFACT_STORE_SPEC_VERSION,
    kind: setup.kind,
    level: setup.level ?? "offline",
    clauses: ARTIFACT_CLAUSES,
    setup,
    declared: [
      ...(setup.urls === "none" ? [] : ["urls"]),
      ...((setup.enforces?.length ?? 0) > 0 ? ["grants"] : []),
      ...(setup.versions === true ? ["versions"] : []),
      ...(setup.parted === true ? ["parted"] : []),
    ],
    open: async () => {
      const underTest = await setup.create();
      return new ArtifactTrial(setup, underTest, runner.expect);
    },
  });
}
