/** Suites that every backend and every store passes, the built-in ones too. The test runner is a parameter. */
import { BACKEND_CLAUSES } from "./backend/backend-clauses.js";
import { STORE_CLAUSES } from "./store/store-clauses.js";
import { closingClauses } from "./suite.js";

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

/** Every clause of both suites, in the order in which they are tested. */
export const conformanceClauses: Readonly<Record<"backend" | "store", readonly ConformanceClause[]>> = {
  backend: [...BACKEND_CLAUSES.map(publicFacts), ...closingClauses("backend")],
  store: [...STORE_CLAUSES.map(publicFacts), ...closingClauses("store")],
};
