/** Raised whenever a clause is added, removed or made stricter. Independent of the contracts' own versions. */
export const CONFORMANCE_VERSION = 1;

/**
 * How much of the other side took part. `offline`: a simulator or recorded answers, no account needed; every plug-in
 * passes this one. `live`: the real service. The static clauses (`backend/static/...`) are part of both.
 */
export type ConformanceLevel = "offline" | "live";

/**
 * `inapplicable`: the clause speaks of something that is not declared or cannot be seen in this setup; `skipped`: it
 * applies, and the author says why it is left out.
 */
export type ClauseStatus = "passed" | "failed" | "skipped" | "inapplicable";

/** What came out for one clause. */
export interface ClauseResult {
  /** `<suite>/<group>/<name>`. */
  readonly id: string;
  /** What came out. */
  readonly status: ClauseStatus;
  /** Why it failed, was skipped or does not apply. */
  readonly reason?: string;
}

/** The suites: for backends, stores and artifact stores. */
export type ConformanceSuite = "backend" | "store" | "artifacts";

/** What came out, as plain JSON. Delivered once, after the last case. */
export interface ConformanceReport {
  /** Which of the suites. */
  readonly suite: ConformanceSuite;
  /** {@link CONFORMANCE_VERSION} of the suite that ran. */
  readonly suiteVersion: number;
  /** Version of the contract that was tested. */
  readonly specVersion: number;
  /** The plug-in's `kind`. */
  readonly kind: string;
  /** How much of the other side took part. */
  readonly level: ConformanceLevel;
  /** In the order of the suite. The suite's own closing clauses are not among them. */
  readonly clauses: readonly ClauseResult[];
  /** Number of clauses by status. */
  readonly counts: Readonly<Record<ClauseStatus, number>>;
  /** Declared capability -> whether a clause of it passed and none of its clauses failed or was skipped. */
  readonly capabilities: Readonly<Record<string, "proven" | "unproven">>;
}

/** Counts the results by status. */
export function countByStatus(results: readonly ClauseResult[]): Record<ClauseStatus, number> {
  const counts = { passed: 0, failed: 0, skipped: 0, inapplicable: 0 };
  for (const { status } of results) counts[status] += 1;
  return counts;
}
