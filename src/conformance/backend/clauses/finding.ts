import type { LeaseRef } from "../../../model/lease.js";
import { must, shown } from "../../clause.js";
import { type BackendClause, movesBetweenProcesses, storesPartials } from "./clause-type.js";
import { lasting } from "./lasting.js";

export const findingClauses: readonly BackendClause[] = [
  {
    id: "backend/find/bound",
    rule: "What was bound is found by its key alone, with a reference that is good for releasing it.",
    run: async (trial) => {
      const { placement } = await trial.bound(lasting(trial));
      const finding = await trial.finding(placement.key);
      must(finding.kind === "bound", `find says ${shown(finding.kind)} of a lease that exists.`);
      trial.expect([finding.key, finding.lease.ref.key], "keys of the finding").toEqual([placement.key, placement.key]);
      await trial.release(finding.lease.ref);
      await trial.nothingOpen("after releasing what was found");
    },
  },
  {
    id: "backend/find/absent",
    rule: "A key that was never bound is absent, and asking for it creates nothing.",
    run: async (trial) => {
      trial.expect((await trial.finding(trial.newKey())).kind, "what find says of a new key").toBe("absent");
      await trial.nothingOpen("after asking for an unknown key");
    },
  },
  {
    id: "backend/find/one-finding-per-intent",
    rule: "Asked for several keys it gives each exactly one finding, and the right one.",
    run: async (trial) => {
      const { placement } = await trial.bound(lasting(trial));
      const keys = [trial.newKey(), placement.key, trial.newKey()];
      const findings = await trial.find(keys.map((key) => ({ key, intendedAtMs: trial.host.now() })));
      trial.expect(findings.map(({ key }) => key).sort(), "keys of the findings").toEqual([...keys].sort());
      for (const { key, kind } of findings) trial.expect(kind, `finding for ${key}`).toBe(key === placement.key ? "bound" : "absent");
    },
  },
  {
    id: "backend/find/nothing-asked",
    rule: "Asked for no key it answers an empty list.",
    run: async (trial) => {
      trial.expect(await trial.find([]), "findings").toEqual([]);
    },
  },
  {
    id: "backend/find/while-binding",
    rule: "Asked while a bind is under way it answers, and once the bind has answered it says `bound`.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const bind = trial.begin(trial.bindOf(placement));
      const [early] = await trial.find([{ key: placement.key, intendedAtMs: trial.host.now() }]);
      trial.expect(early?.key, "key of the early finding").toBe(placement.key);
      await trial.answer("bind", bind, trial.limits.bindMs);
      await trial.untilVisible();
      trial.expect((await trial.finding(placement.key)).kind, "the late finding").toBe("bound");
    },
  },
  {
    id: "backend/find/elsewhere",
    rule: "Another process finds the lease too.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const { placement, ref } = await trial.bound(lasting(trial));
      const finding = await trial.finding(placement.key, undefined, { backend: await trial.another() });
      must(finding.kind === "bound", `Another process's find says ${shown(finding.kind)} of a lease that exists.`);
      trial.expect(finding.lease.ref, "the reference that was found").toEqual(ref);
    },
  },
  {
    id: "backend/find/half-made-is-not-absent",
    rule: "What an interrupted bind left behind is `partial` or `bound`, never `absent`, and its reference is good for releasing it.",
    proves: "partial",
    inapplicable: storesPartials,
    run: async (trial) => {
      for (let stop = 1; ; stop += 1) {
        const controller = new AbortController();
        const partials: LeaseRef[] = [];
        const placement = await trial.placement(lasting(trial));
        const bind = trial.bindOf(placement, {
          signal: controller.signal,
          progress: async (partial) => {
            if (partials.push(partial) === stop) controller.abort(new Error("the process is killed here"));
          },
        });
        await trial.answer("an interrupted bind", Promise.allSettled([bind]), trial.limits.bindMs);
        if (partials.length < stop) return;
        await trial.untilVisible();
        const finding = await trial.finding(placement.key, partials.at(-1));
        const count = await trial.openCount();
        must(!(finding.kind === "absent" && count !== undefined && count > 0), "find says `absent` of an order that is open.");
        if (finding.kind === "partial") await trial.release(finding.ref);
        if (finding.kind === "bound") await trial.release(finding.lease.ref);
        await trial.nothingOpen("after releasing what was found");
      }
    },
  },
];
