import type { LeaseRef } from "../../../model/lease.js";
import { Secret } from "../../../model/secret.js";
import type { Launch } from "../../../spec/launch.js";
import { must, present, shown } from "../../clause.js";
import { makeLaunch } from "../launch-parts.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, hasRecordingLaunch, reusesLeases, unless } from "./clause-type.js";
import { lasting } from "./lasting.js";

/** A lease that is open and idle: its command has succeeded. */
async function idleLease(trial: BackendTrial, parts: Partial<Launch> = {}, argv = trial.setup.launches.succeed()): Promise<LeaseRef> {
  const { ref } = await trial.bound(argv, { launch: parts });
  await trial.untilExited(ref);
  return ref;
}

/** Starts the next launch on a lease. */
async function start(trial: BackendTrial, ref: LeaseRef, argv: readonly string[]): Promise<Launch> {
  const launch = makeLaunch(trial.setup, trial.host, trial.newKey(), argv);
  await startAgain(trial, ref, launch);
  return launch;
}

function startAgain(trial: BackendTrial, ref: LeaseRef, launch: Launch): Promise<void> {
  return trial.answer("start", present(trial.backend.start, "There is no `start`.").call(trial.backend, ref, launch, trial.call()));
}

const recording = ({ setup }: BackendTrial): readonly string[] =>
  present(setup.launches.record, "The setup has no launch that records what arrives.")([]);

const received = ({ underTest }: BackendTrial): NonNullable<typeof underTest.received> =>
  present(underTest.received, "`launches.record` is given, so `create` has to answer a `received`.");

const clauses: readonly BackendClause[] = [
  {
    id: "backend/reuse/runs-the-next-launch",
    rule: "An idle lease runs the next launch, and reports on it by its key with its own exit code.",
    run: async (trial) => {
      const ref = await idleLease(trial);
      const launch = await start(trial, ref, trial.setup.launches.fail(4));
      const report = await trial.untilExited(ref, launch.key);
      trial.expect([report.key, report.attempt], "lease and attempt").toEqual([ref.key, launch.key]);
      if (trial.setup.capabilities.exitCode) trial.expect(report.exitCode, "its exit code").toEqual(4);
      trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([ref.key]);
    },
  },
  {
    id: "backend/reuse/next-launch-runs",
    rule: "While the next launch runs, the report does not show the end of the former one as its own.",
    run: async (trial) => {
      const ref = await idleLease(trial);
      const launch = await start(trial, ref, lasting(trial));
      const report = await trial.untilPhase(ref, ["running"], launch.key);
      must(report.exitCode === undefined, `A running launch is reported with an exit code: ${shown(report)}.`);
    },
  },
  {
    id: "backend/reuse/start-is-idempotent",
    rule: "Started again with the same key it runs the launch once.",
    inapplicable: hasRecordingLaunch,
    run: async (trial) => {
      const ref = await idleLease(trial);
      const launch = await start(trial, ref, recording(trial));
      await startAgain(trial, ref, launch);
      await trial.untilExited(ref, launch.key);
      await startAgain(trial, ref, launch);
      await trial.time.elapse(trial.limits.observeMs / 10);
      trial.expect((await received(trial)(launch.key)).length, "number of times that the launch ran").toBe(1);
    },
  },
  {
    id: "backend/reuse/environment-is-replaced",
    rule: "The next launch sees nothing of the former one's environment and secrets.",
    inapplicable: hasRecordingLaunch,
    run: async (trial) => {
      const former = { env: { FORMER: "1" }, secrets: { FORMER_TOKEN: new Secret("the former token") } };
      const ref = await idleLease(trial, former);
      const launch = await start(trial, ref, recording(trial));
      await trial.untilExited(ref, launch.key);
      const [arrived] = await received(trial)(launch.key);
      const env = present(arrived, "The next launch did not run.").env;
      trial.expect([env["FORMER"], env["FORMER_TOKEN"]], "the former launch's variables").toEqual([undefined, undefined]);
    },
  },
];

/** Of backends alone that declare reuse. */
export const reusingClauses: readonly BackendClause[] = clauses.map((clause) => ({
  ...clause,
  proves: "reuse",
  inapplicable: unless(reusesLeases, clause.inapplicable ?? (() => undefined)),
}));
