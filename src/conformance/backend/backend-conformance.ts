import { BACKEND_SPEC_VERSION } from "../../spec/backend.js";
import type { ConformanceExpect, ConformanceRunner } from "../runner.js";
import { registerSuite } from "../suite.js";
import { BACKEND_CLAUSES } from "./backend-clauses.js";
import type { BackendConformanceSetup } from "./setup.js";
import { BackendTrial } from "./trial.js";

/**
 * Registers one test per clause of the backend contract that applies to what the setup declares, named by the clause.
 * Each case gets a backend of its own from `setup.create`, releases whatever it made and fails if anything stays behind.
 *
 * The suite holds no stand-in for the backend: every case runs the author's code, against the author's other side.
 *
 * @example
 * import { describe, expect, test } from "vitest";
 * import { backendConformance } from "spillway/conformance";
 *
 * backendConformance({ describe, expect, test }, { kind: "tinfoil", capabilities, create, demand, launches, faults });
 */
export function backendConformance(runner: ConformanceRunner, setup: BackendConformanceSetup): void {
  registerSuite<BackendTrial, BackendConformanceSetup>(runner, {
    name: "backend",
    title: `backend conformance: ${setup.kind}`,
    specVersion: BACKEND_SPEC_VERSION,
    kind: setup.kind,
    level: setup.level ?? "offline",
    clauses: BACKEND_CLAUSES,
    setup,
    declared: declaredBy(setup),
    open: async ({ id }) => openTrial(setup, IN_CONTAINERS.has(id), runner.expect),
  });
}

const IN_CONTAINERS: ReadonlySet<string> = new Set(BACKEND_CLAUSES.filter(({ inContainers }) => inContainers).map(({ id }) => id));

async function openTrial(setup: BackendConformanceSetup, inContainers: boolean, expect: ConformanceExpect): Promise<BackendTrial> {
  const { containers } = setup;
  if (!inContainers || !containers) return new BackendTrial(setup, await setup.create(), expect);
  const underTest = await containers.create();
  const declared = underTest.backend.capabilities;
  const { limits = {}, visibilityMs = declared.visibilityMs } = containers;
  return new BackendTrial({ ...setup, limits, capabilities: { ...declared, visibilityMs } }, underTest, expect);
}

/** Names of the declared capabilities that clauses prove. */
function declaredBy({ capabilities, partial = false }: BackendConformanceSetup): readonly string[] {
  const { exitCode, staging, logs, reuse, affinity, charges, enforcesLifetime } = capabilities;
  const declared: Readonly<Record<string, boolean>> = {
    exitCode,
    staging: staging !== "none",
    logs,
    reuse,
    affinity: affinity === "any",
    charges: charges === "reported",
    enforcesLifetime,
    partial,
  };
  return Object.keys(declared).filter((name) => declared[name]);
}
