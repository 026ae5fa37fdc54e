import { must, shown } from "../../clause.js";
import { type BackendClause, movesBetweenProcesses } from "./clause-type.js";
import { lasting } from "./lasting.js";

export const releasingClauses: readonly BackendClause[] = [
  {
    id: "backend/release/ends-the-lease",
    rule: "A released lease runs no more, and nothing of it is open at the other side.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
      await trial.release(ref);
      await trial.nothingOpen("after the release");
      const report = await trial.report(ref);
      const isOver = report.kind === "gone" || report.phase === "ended" || report.phase === "exited";
      must(isOver, `A released lease is reported as ${shown(report)}.`);
    },
  },
  {
    id: "backend/release/idempotent",
    rule: "Released again it answers `released` again.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.release(ref);
      for (let count = 0; count < 2; count += 1)
        trial.expect(await trial.releaseOnce(ref), "answer to a repeated release").toBe("released");
    },
  },
  {
    id: "backend/release/unknown-lease",
    rule: "A lease that it knows nothing of counts as released.",
    run: async (trial) => {
      const ref = await trial.foreignRef();
      trial.expect(await trial.releaseOnce(ref), "answer to the release of an unknown lease").toBe("released");
    },
  },
  {
    id: "backend/release/pending-comes-to-an-end",
    rule: "A release that is `pending` becomes `released` when it is asked for again.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
      const fromMs = trial.host.monotonic();
      while ((await trial.releaseOnce(ref)) === "pending") {
        const waitedMs = trial.host.monotonic() - fromMs;
        must(waitedMs < trial.limits.releaseMs, `The release is still pending after ${waitedMs} ms.`);
        await trial.time.elapse(trial.pollMs);
      }
      trial.expect(await trial.releaseOnce(ref), "answer once it was released").toBe("released");
    },
  },
  {
    id: "backend/release/right-after-bind",
    rule: "A lease is released for good although its machine was not ready, or not yet visible.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const { ref } = await trial.bind(placement);
      await trial.release(ref);
      await trial.nothingOpen("after an early release");
      await trial.time.elapse(Math.min(trial.limits.startMs, trial.limits.observeMs));
      await trial.nothingOpen("some time after an early release");
    },
  },
  {
    id: "backend/release/after-the-exit",
    rule: "A lease whose command has ended is released like any other, whatever its exit code.",
    run: async (trial) => {
      const { ref } = await trial.bound(trial.setup.launches.fail(1));
      await trial.untilExited(ref);
      await trial.release(ref);
      await trial.nothingOpen("after the release");
    },
  },
  {
    id: "backend/release/while-inspecting",
    rule: "A release may arrive while the lease is being inspected; both answer.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      const inspecting = trial.backend.inspect([ref], trial.call());
      const releasing = trial.backend.release(ref, { graceMs: 0 }, trial.call());
      const [reports] = await trial.answer("inspect during a release", Promise.all([inspecting, releasing]));
      trial
        .expect(
          reports.map(({ key }) => key),
          "keys of the reports",
        )
        .toEqual([ref.key]);
      await trial.release(ref);
      await trial.nothingOpen("after the release");
    },
  },
  {
    id: "backend/release/twice-at-once",
    rule: "Two releases of one lease at the same time do not disturb each other.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      const releases = [1, 2].map(() => trial.backend.release(ref, { graceMs: 0 }, trial.call()));
      const answers = await trial.answer("two releases at once", Promise.all(releases));
      for (const answer of answers) must(answer === "released" || answer === "pending", `release answered ${shown(answer)}.`);
      await trial.release(ref);
      await trial.nothingOpen("after two releases");
    },
  },
  {
    id: "backend/release/others-go-on",
    rule: "The release of one lease leaves every other one as it is.",
    run: async (trial) => {
      const kept = await trial.bound(lasting(trial));
      const released = await trial.bound(lasting(trial));
      await trial.untilPhase(kept.ref, ["running"]);
      await trial.release(released.ref);
      await trial.untilVisible();
      trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([kept.ref.key]);
      await trial.untilPhase(kept.ref, ["running"]);
    },
  },
  {
    id: "backend/release/elsewhere",
    rule: "Another process can release the lease.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.release(ref, { backend: await trial.another() });
      await trial.nothingOpen("after another process's release");
    },
  },
  {
    id: "backend/leases/show-what-was-bound",
    rule: "`listLeases` shows every lease of the namespace within the visibility time, also one whose command has ended.",
    run: async (trial) => {
      const running = await trial.bound(lasting(trial));
      const over = await trial.bound(trial.setup.launches.succeed());
      await trial.untilExited(over.ref);
      trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([running.ref.key, over.ref.key].sort());
    },
  },
  {
    id: "backend/leases/only-our-own",
    rule: "`listLeases` shows nothing of another namespace, nor that one anything of ours.",
    run: async (trial) => {
      const ours = await trial.bound(lasting(trial));
      const theirs = await trial.bound(lasting(trial), {}, { namespace: trial.otherNamespace });
      trial.expect(await trial.listedKeys(), "our list").toEqual([ours.ref.key]);
      trial.expect(await trial.listedKeys({ namespace: trial.otherNamespace }), "the other namespace's list").toEqual([theirs.ref.key]);
    },
  },
  {
    id: "backend/leases/forget-what-was-released",
    rule: "A released lease disappears from `listLeases` within the visibility time and does not come back.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.release(ref);
      for (let count = 0; count < 3; count += 1) {
        await trial.untilVisible();
        trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([]);
        await trial.time.elapse(trial.pollMs);
      }
    },
  },
  {
    id: "backend/leases/references-are-good",
    rule: "A reference from `listLeases` is good for inspecting and releasing: it is all that a reconciler has.",
    run: async (trial) => {
      await trial.bound(lasting(trial));
      const [ref] = await trial.list();
      must(ref !== undefined, "listLeases shows nothing.");
      trial.expect(ref.backend, "backend of the listed reference").toBe(trial.backend.id);
      trial.expect(JSON.parse(JSON.stringify(ref)), "the listed reference after JSON").toEqual(ref);
      await trial.untilPhase(ref, ["running"]);
      await trial.release(ref);
      await trial.nothingOpen("after releasing what was listed");
    },
  },
  {
    id: "backend/leases/elsewhere",
    rule: "Another process lists the same leases.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      trial.expect(await trial.listedKeys({ backend: await trial.another() }), "another process's list").toEqual([ref.key]);
    },
  },
];
