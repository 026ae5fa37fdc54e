import type { LeasePhase, LeaseRef } from "../../../model/lease.js";
import { must, shown } from "../../clause.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, exitCodesAreTrusted, movesBetweenProcesses } from "./clause-type.js";
import { lasting } from "./lasting.js";

const ORDER: readonly LeasePhase[] = ["pending", "starting", "running", "exited", "ended"];

/** How many refs a backend that sweeps must take in one call. */
const SWEPT_REFS = 250;

async function exitsWith(trial: BackendTrial, argv: readonly string[], exitCode: number): Promise<void> {
  const { ref } = await trial.bound(argv);
  trial.expect((await trial.untilExited(ref)).exitCode, "the exit code").toBe(exitCode);
}

export const inspectingClauses: readonly BackendClause[] = [
  {
    id: "backend/inspect/one-report-per-ref",
    rule: "It gives each asked reference exactly one report, under its key, in whatever order it was asked.",
    run: async (trial) => {
      const first = (await trial.bound(lasting(trial))).ref;
      const second = await trial.foreignRef();
      for (const refs of [[first, second], [second, first], [first]]) {
        const reports = await trial.inspect(refs);
        trial.expect(reports.map(({ key }) => key).sort(), "keys of the reports").toEqual(refs.map(({ key }) => key).sort());
        const report = reports.find(({ key }) => key === first.key);
        must(report?.kind !== "gone", "A lease that is open is reported as gone.");
      }
    },
  },
  {
    id: "backend/inspect/nothing-asked",
    rule: "Asked for no lease it answers an empty list.",
    run: async (trial) => {
      trial.expect(await trial.inspect([]), "reports").toEqual([]);
    },
  },
  {
    id: "backend/inspect/unknown-lease-is-gone",
    rule: "A lease that it knows nothing of is `gone` (or, where it is remembered, ended), not an error.",
    run: async (trial) => {
      const report = await trial.report(await trial.foreignRef());
      const isOver = report.kind === "gone" || report.phase === "ended" || report.phase === "exited";
      must(isOver, `An unknown lease is reported as ${shown(report)}.`);
    },
  },
  {
    id: "backend/inspect/whole-batches",
    rule: "It takes as many references in one call as it declares, and reports on each.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      const { inspect } = trial.setup.capabilities;
      const most = inspect.mode === "ids" ? inspect.max : SWEPT_REFS;
      const others = Array.from({ length: most - 1 }, (_, index): LeaseRef => ({ ...ref, key: `${trial.newKey()}-${index}` }));
      const refs = [...others, ref];
      const keys = (await trial.inspect(refs)).map(({ key }) => key);
      trial.expect([...keys].sort(), "keys of the reports").toEqual(refs.map(({ key }) => key).sort());
    },
  },
  {
    id: "backend/inspect/running-is-seen",
    rule: "A command that runs is reported as `running` within the provisioning time.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
    },
  },
  {
    id: "backend/inspect/phases-go-forward",
    rule: "Phases only go forward, from pending to the end, however often one asks.",
    run: async (trial) => {
      const { ref } = await trial.bound(trial.setup.launches.sleep(trial.time.isVirtual ? 30 * trial.pollMs : 300));
      const seen: LeasePhase[] = [];
      await trial.time.until(
        async () => {
          const report = await trial.report(ref);
          must(report.kind === "status", "A lease that nobody released is gone.");
          const last = seen.at(-1);
          must(
            !last || ORDER.indexOf(report.phase) >= ORDER.indexOf(last),
            `The phase went from ${shown(last)} back to ${shown(report.phase)}.`,
          );
          seen.push(report.phase);
          const isOver = trial.endsUnseen ? await trial.hasEnded(ref.key) : report.phase === "exited" || report.phase === "ended";
          return isOver ? true : undefined;
        },
        { limitMs: trial.limits.startMs + trial.limits.runMs, everyMs: trial.pollMs, what: "The command has to end" },
      );
      for (let count = 0; count < 5; count += 1) {
        await trial.time.elapse(trial.pollMs);
        const report = await trial.report(ref);
        must(report.kind === "status" && report.phase === seen.at(-1), `After ${shown(seen.at(-1))} it reports ${shown(report)}.`);
      }
    },
  },
  {
    id: "backend/inspect/success",
    rule: "A command that succeeded is `exited` with exit code 0 and no reason.",
    proves: "exitCode",
    inapplicable: exitCodesAreTrusted,
    run: async (trial) => {
      const { ref } = await trial.bound(trial.setup.launches.succeed());
      const { exitCode, reason } = await trial.untilExited(ref);
      trial.expect([exitCode, reason], "exit code and reason").toEqual([0, undefined]);
    },
  },
  {
    id: "backend/inspect/failure",
    rule: "A command that failed is `exited` with exit code 1, not 0 and not `ended`.",
    proves: "exitCode",
    inapplicable: exitCodesAreTrusted,
    run: (trial) => exitsWith(trial, trial.setup.launches.fail(1), 1),
  },
  {
    id: "backend/inspect/odd-exit-codes",
    rule: "Other exit codes come through as they are.",
    proves: "exitCode",
    inapplicable: exitCodesAreTrusted,
    run: async (trial) => {
      for (const exitCode of [3, 127, 254]) await exitsWith(trial, trial.setup.launches.fail(exitCode), exitCode);
    },
  },
  {
    id: "backend/inspect/exit-stays",
    rule: "A lease whose command ended keeps reporting `exited` with the same exit code until it is released.",
    proves: "exitCode",
    inapplicable: exitCodesAreTrusted,
    run: async (trial) => {
      const { ref } = await trial.bound(trial.setup.launches.fail(7));
      await trial.untilExited(ref);
      for (let count = 0; count < 3; count += 1) {
        await trial.time.elapse(trial.limits.observeMs / 10);
        const report = await trial.report(ref);
        const isSame = report.kind === "status" && report.phase === "exited" && report.exitCode === 7;
        must(isSame, `After the exit with code 7 it reports ${shown(report)}.`);
      }
    },
  },
  {
    id: "backend/inspect/times-are-the-hosts",
    rule: "Start and end are ms of the host's clock, in order, and not before the bind.",
    run: async (trial) => {
      const fromMs = trial.host.now();
      const { ref } = await trial.bound(trial.setup.launches.succeed());
      const { startedAtMs = fromMs, endedAtMs = startedAtMs } = await trial.untilExited(ref);
      const nowMs = trial.host.now();
      // A second of tolerance: platforms cut times off at whole seconds.
      const isInOrder = fromMs - 1_000 <= startedAtMs && startedAtMs <= endedAtMs && endedAtMs <= nowMs + 1_000;
      must(isInOrder, `Bound at ${fromMs}, started at ${startedAtMs}, ended at ${endedAtMs}, asked at ${nowMs}.`);
    },
  },
  {
    id: "backend/inspect/node-of-this-backend",
    rule: "A node that a report names is one of this backend, and the one that a firm offer named.",
    run: async (trial) => {
      const { ref, lease, placement } = await trial.bound(lasting(trial));
      const node = (await trial.untilPhase(ref, ["running"])).node ?? lease.node;
      if (node === undefined) return;
      trial.expect(node.backend, "the node's backend").toBe(trial.backend.id);
      const offered = placement.offer.binding === "firm" ? placement.offer.node : undefined;
      if (offered !== undefined && node.node !== undefined) trial.expect(node.node, "the node's name").toBe(offered);
    },
  },
  {
    id: "backend/inspect/elsewhere",
    rule: "Another process gets the same reports, also of how a command ended.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const { ref } = await trial.bound(trial.setup.launches.fail(5));
      const { phase, exitCode } = await trial.untilExited(ref);
      const report = await trial.report(ref, { backend: await trial.another() });
      const isSame = report.kind === "status" && report.phase === phase && report.exitCode === exitCode;
      must(isSame, `Another process is told ${shown(report)} instead of ${shown({ phase, exitCode })}.`);
    },
  },
];
