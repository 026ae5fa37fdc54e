import { STORE_SPEC_VERSION } from "../../spec/store.js";
import type { ConformanceRunner } from "../runner.js";
import { registerSuite } from "../suite.js";
import type { StoreConformanceSetup } from "./setup.js";
import { STORE_CLAUSES } from "./store-clauses.js";
import { StoreTrial } from "./trial.js";

/**
 * Registers one test per clause of the store contract, named by the clause. Each case gets a store of its own from
 * `setup.create` and closes it.
 *
 * @example
 * import { describe, expect, test } from "vitest";
 * import { storeConformance } from "spillway/conformance";
 *
 * storeConformance({ describe, expect, test }, {
 *   kind: "memory",
 *   durable: false,
 *   create: async () => ({ store: memoryStore(), host: createVirtualHost(), close: async () => {} }),
 * });
 */
export function storeConformance(runner: ConformanceRunner, setup: StoreConformanceSetup): void {
  registerSuite<StoreTrial, StoreConformanceSetup>(runner, {
    name: "store",
    title: `store conformance: ${setup.kind}`,
    specVersion: STORE_SPEC_VERSION,
    kind: setup.kind,
    level: setup.level ?? "offline",
    clauses: STORE_CLAUSES,
    setup,
    declared: [...(setup.durable ? ["durable"] : []), ...(setup.transactions ? ["transactions"] : [])],
    open: async () => {
      const underTest = await setup.create();
      await underTest.store.open(underTest.host);
      return new StoreTrial(setup, underTest, runner.expect);
    },
  });
}
