import { type Clause, Inapplicable, must } from "./clause.js";
import {
  type ClauseResult,
  CONFORMANCE_VERSION,
  type ConformanceLevel,
  type ConformanceReport,
  type ConformanceSuite,
  countByStatus,
} from "./report.js";
import type { ConformanceRunner } from "./runner.js";

/** What both suites' setups share. */
export interface CommonSetup {
  /** Clause id -> why it is left out. Shows in the report; a capability with a skipped clause counts as unproven. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Gets the report after the last case. */
  readonly onReport?: (report: ConformanceReport) => void;
}

/** A trial that was opened for one case. */
export interface Opened {
  /** Undoes the case and checks that nothing is left. Rejects when something is. */
  readonly finish: () => Promise<void>;
}

export interface Suite<Trial extends Opened, Setup extends CommonSetup> {
  readonly name: ConformanceSuite;
  readonly title: string;
  readonly specVersion: number;
  readonly kind: string;
  readonly level: ConformanceLevel;
  readonly clauses: readonly Clause<Trial, Setup>[];
  readonly setup: Setup;
  /** Capabilities that the plug-in declares and that clauses prove. */
  readonly declared: readonly string[];
  /** For one case of the clause. */
  readonly open: (clause: Clause<Trial, Setup>) => Promise<Trial>;
}

/** The clauses that close every suite; they judge the run as a whole, and cannot be skipped. */
export function closingClauses(suite: ConformanceSuite): readonly { readonly id: string; readonly rule: string }[] {
  return [
    { id: `${suite}/report/every-case-ran`, rule: "Every clause that applies and is not skipped has run before the report is made." },
    { id: `${suite}/report/skips-have-reasons`, rule: "Each skip names a clause of this suite and says why in a sentence." },
    {
      id: `${suite}/report/capabilities-are-proven`,
      rule: "Each declared capability has a clause that passed and none that failed or was skipped.",
    },
  ];
}

/** Registers one test per clause that applies, and the closing ones. */
export function registerSuite<Trial extends Opened, Setup extends CommonSetup>(
  runner: ConformanceRunner,
  suite: Suite<Trial, Setup>,
): void {
  const results = new Map<string, ClauseResult>();
  const record = (id: string, status: ClauseResult["status"], reason?: string): void => {
    results.set(id, { id, status, ...(reason === undefined ? {} : { reason }) });
  };
  runner.describe(suite.title, () => {
    for (const clause of suite.clauses) {
      const inapplicable = clause.inapplicable?.(suite.setup);
      const skip = suite.setup.skip?.[clause.id];
      if (inapplicable !== undefined) record(clause.id, "inapplicable", inapplicable);
      else if (skip !== undefined) record(clause.id, "skipped", skip);
      else runner.test(`${clause.id}: ${clause.rule}`, () => runClause(suite, clause, record));
    }
    registerClosing(runner, suite, results);
  });
}

async function runClause<Trial extends Opened, Setup extends CommonSetup>(
  suite: Suite<Trial, Setup>,
  clause: Clause<Trial, Setup>,
  record: (id: string, status: ClauseResult["status"], reason?: string) => void,
): Promise<void> {
  try {
    await runAndFinish(suite, clause);
    record(clause.id, "passed");
  } catch (problem) {
    if (problem instanceof Inapplicable) {
      record(clause.id, "inapplicable", problem.message);
      return;
    }
    record(clause.id, "failed", reasonOf(problem));
    throw problem;
  }
}

/** A clean-up that fails fails the case: what leaks in a test leaks, and costs, in earnest. */
async function runAndFinish<Trial extends Opened, Setup extends CommonSetup>(
  suite: Suite<Trial, Setup>,
  clause: Clause<Trial, Setup>,
): Promise<void> {
  const trial = await suite.open(clause);
  const problems: unknown[] = [];
  await clause.run(trial).catch((problem: unknown) => problems.push(problem));
  await trial.finish().catch((problem: unknown) => problems.push(problem));
  const [first, second] = problems;
  if (problems.length > 1 && !(first instanceof Inapplicable)) {
    throw new AggregateError(problems, `${reasonOf(first)} And then the clean-up failed: ${reasonOf(second)}`);
  }
  if (problems.length > 0) throw second ?? first;
}

function registerClosing<Trial extends Opened, Setup extends CommonSetup>(
  runner: ConformanceRunner,
  suite: Suite<Trial, Setup>,
  results: ReadonlyMap<string, ClauseResult>,
): void {
  const [everyCaseRan, skipsHaveReasons, capabilitiesAreProven] = closingClauses(suite.name).map(({ id, rule }) => `${id}: ${rule}`);
  runner.test(everyCaseRan ?? "", async () => {
    const missing = suite.clauses.filter(({ id }) => !results.has(id)).map(({ id }) => id);
    must(missing.length === 0, `These have not run: ${missing.join(", ")}. Run the whole suite, in order and not in parallel.`);
  });
  runner.test(skipsHaveReasons ?? "", async () => {
    const ids = new Set(suite.clauses.map(({ id }) => id));
    for (const [id, reason] of Object.entries(suite.setup.skip ?? {})) {
      must(ids.has(id), `\`skip\` names "${id}", which is no clause of this suite (or one that cannot be skipped).`);
      must(reason.trim().split(/\s+/).length >= 3, `\`skip\` of "${id}" must say why, in a sentence.`);
    }
  });
  runner.test(capabilitiesAreProven ?? "", async () => {
    const report = makeReport(suite, results);
    suite.setup.onReport?.(report);
    const unproven = Object.entries(report.capabilities).filter(([, state]) => state === "unproven");
    must(
      unproven.length === 0,
      `Declared but not proven: ${unproven.map(([name]) => name).join(", ")}. Make their clauses pass, or declare less.`,
    );
  });
}

function makeReport<Trial extends Opened, Setup extends CommonSetup>(
  suite: Suite<Trial, Setup>,
  results: ReadonlyMap<string, ClauseResult>,
): ConformanceReport {
  const clauses = suite.clauses.flatMap(({ id }) => results.get(id) ?? []);
  const isProven = (capability: string): boolean => {
    const states = suite.clauses.filter(({ proves }) => proves === capability).map(({ id }) => results.get(id)?.status);
    return states.includes("passed") && states.every((state) => state === "passed" || state === "inapplicable");
  };
  return {
    suite: suite.name,
    suiteVersion: CONFORMANCE_VERSION,
    specVersion: suite.specVersion,
    kind: suite.kind,
    level: suite.level,
    clauses,
    counts: countByStatus(clauses),
    capabilities: Object.fromEntries(suite.declared.map((name) => [name, isProven(name) ? "proven" : "unproven"])),
  };
}

const reasonOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem));
