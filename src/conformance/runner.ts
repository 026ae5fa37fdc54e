/**
 * The test runner, by parameter, so that the suites tie nobody to a runner or to a copy of it. The shapes are those that
 * vitest, jest and (with a small `expect`, see `docs/conformance.md`) `node:test` share.
 */
export interface ConformanceRunner {
  /** Groups the tests that `body` registers. */
  readonly describe: (name: string, body: () => void) => unknown;
  /** Registers a test. It fails when the promise rejects. Tests of one suite must run one after another, in order. */
  readonly test: (name: string, body: () => Promise<void>) => unknown;
  /** Compares values; a comparison that fails throws. */
  readonly expect: ConformanceExpect;
}

/** Compares values and shows differences well: `toBe` by identity (`Object.is`), `toEqual` deeply. The message says what is compared. */
export type ConformanceExpect = (
  actual: unknown,
  message?: string,
) => {
  /** Same value. */
  toBe(expected: unknown): unknown;
  /** Deeply equal. */
  toEqual(expected: unknown): unknown;
};
