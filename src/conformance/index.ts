/** Suites that every backend, store and artifact store passes, the built-in ones too. The test runner is a parameter. */
import { ARTIFACT_CLAUSES } from "./artifacts/artifact-clauses.js";
import { BACKEND_CLAUSES } from "./backend/backend-clauses.js";
import type { ConformanceSuite } from "./report.js";
import { STORE_CLAUSES } from "./store/store-clauses.js";
import { closingClauses } from "./suite.js";

export * from "./artifacts/index.js";
export * from "./backend/index.js";
export * from "./report.js";
export type { ConformanceExpect, ConformanceRunner } from "./runner.js";
export * from "./store/index.js";

/** What a clause is called and what it demands. */
export interface ConformanceClause {
  /** Stable id: names the test, the line in the report and the key in `skip`. */
  readonly id: string;
  /** What a right plug-in does, as a sentence. */
  readonly rule: string;
}

const publicFacts = ({ id, rule }: ConformanceClause): ConformanceClause => ({ id, rule });

/** Every clause of every suite, in the order in which they are tested. */
export const conformanceClauses: Readonly<Record<ConformanceSuite, readonly ConformanceClause[]>> = {
  backend: [...BACKEND_CLAUSES.map(publicFacts), ...closingClauses("backend")],
  artifacts: [...ARTIFACT_CLAUSES.map(publicFacts), ...closingClauses("artifacts")],
  store: [...STORE_CLAUSES.map(publicFacts), ...closingClauses("store")],
};
