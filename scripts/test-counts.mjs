// @ts-check
/**
 * Sums a vitest JSON report. `node scripts/test-counts.mjs FILE [MORE_FAILURES]` prints `N passed, N failed`; a report that does not
 * exist counts as one failure.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A file that could not be loaded holds no failed test, so it is counted by itself. @param {string} file @returns {{ passed: number, failed: number }} */
export function testCounts(file) {
  try {
    /** @type {{ testResults: { status: string, assertionResults: { status: string }[] }[] }} */
    const { testResults } = JSON.parse(readFileSync(file, "utf8"));
    const counts = { passed: 0, failed: 0 };
    for (const { status, assertionResults } of testResults) {
      const failed = assertionResults.filter((test) => test.status === "failed").length;
      counts.passed += assertionResults.filter((test) => test.status === "passed").length;
      counts.failed += status === "failed" ? Math.max(1, failed) : failed;
    }
    return counts;
  } catch {
    return { passed: 0, failed: 1 };
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { passed, failed } = testCounts(process.argv[2] ?? "");
  console.log(`${passed} passed, ${failed + Number(process.argv[3] ?? 0)} failed`);
}
