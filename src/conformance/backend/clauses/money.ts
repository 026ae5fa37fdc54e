import type { Charge } from "../../../model/lease.js";
import { meterCharge } from "../../../model/metering.js";
import type { NanoUsd } from "../../../model/money.js";
import { Inapplicable, must, shown } from "../../clause.js";
import type { BackendTrial, Bound } from "../trial.js";
import { type BackendClause, enforcesLifetime, reportsCharges } from "./clause-type.js";
import { lasting } from "./lasting.js";

/** What a lease of this placement costs if it is open for so long, by its agreed price and billing rules. */
function costOf(trial: BackendTrial, { lease, placement }: Bound, openMs: number): NanoUsd {
  const { offer, launch } = placement;
  const billing = offer.billing ?? trial.setup.capabilities.billing;
  return meterCharge({ openMs, bookedMs: launch.maxLifetimeMs }, lease.price ?? offer.price, billing);
}

async function reportedCharge(trial: BackendTrial, { ref }: Bound): Promise<Charge | undefined> {
  return (await trial.report(ref)).charge;
}

/** What was charged so far, at the other side if that can be seen, else by the reports. */
async function chargedSoFar(trial: BackendTrial, bound: Bound): Promise<NanoUsd> {
  const seen = await trial.charged(bound.ref.key);
  if (seen !== undefined) return seen;
  const charge = await reportedCharge(trial, bound);
  if (charge === undefined) throw new Inapplicable("Neither reports nor the other side tell what is charged.");
  return charge.amount;
}

/** Waits for the last word on a lease's charge. */
function finalCharge(trial: BackendTrial, bound: Bound): Promise<NanoUsd> {
  return trial.time.until(
    async () => {
      const charge = await reportedCharge(trial, bound);
      must(charge !== undefined, "`charges` is declared, but a report after the release tells no charge.");
      return charge.final ? charge.amount : undefined;
    },
    { limitMs: trial.limits.releaseMs, everyMs: trial.pollMs, what: "The charge of a released lease has to become final" },
  );
}

export const moneyClauses: readonly BackendClause[] = [
  {
    id: "backend/money/price-is-per-hour",
    rule: "What a lease is charged is its agreed price per hour times the time it was open, by its billing rules.",
    run: async (trial) => {
      const fromMs = trial.host.monotonic();
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      const runningMs = trial.host.monotonic();
      await trial.time.elapse(trial.limits.observeMs);
      const leastMs = trial.host.monotonic() - runningMs;
      await trial.release(bound.ref);
      const mostMs = trial.host.monotonic() - fromMs;
      const charged = await chargedSoFar(trial, bound);
      const most = costOf(trial, bound, mostMs);
      // Half of the running time is the least: sellers differ in what they count, units of time by a factor of 60 and more.
      const least = costOf(trial, bound, leastMs) / 2n;
      must(
        charged >= least && charged <= most,
        `For ${leastMs} to ${mostMs} ms it charged ${charged} nano-dollars, not ${least} to ${most}.`,
      );
    },
  },
  {
    id: "backend/money/never-above-the-worst-case",
    rule: "A lease is never charged more than its price for its whole lifetime, which is what is reserved for it.",
    run: async (trial) => {
      const maxLifetimeMs = trial.limits.lifetimeMs;
      const bound = await trial.bound(lasting(trial), { launch: { maxLifetimeMs } });
      const worst = costOf(trial, bound, maxLifetimeMs);
      for (let step = 0; step < 4; step += 1) {
        const charged = await chargedSoFar(trial, bound);
        must(charged <= worst, `${charged} nano-dollars are charged, and the worst case is ${worst}.`);
        await trial.time.elapse(maxLifetimeMs / 5);
      }
      await trial.release(bound.ref);
      await trial.time.elapse(trial.limits.observeMs);
      const charged = await chargedSoFar(trial, bound);
      must(charged <= worst, `${charged} nano-dollars are charged in the end, and the worst case is ${worst}.`);
    },
  },
  {
    id: "backend/money/never-falls",
    rule: "Reported charges never fall, and all of them are amounts.",
    proves: "charges",
    inapplicable: reportsCharges,
    run: async (trial) => {
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      let last = 0n;
      for (let step = 0; step < 5; step += 1) {
        const charge = await reportedCharge(trial, bound);
        must(charge !== undefined && typeof charge.amount === "bigint", `\`charges\` is declared, but a report says ${shown(charge)}.`);
        must(charge.amount >= last, `The charge fell from ${last} to ${charge.amount}.`);
        last = charge.amount;
        await trial.time.elapse(trial.limits.observeMs / 10);
      }
      await trial.release(bound.ref);
      const charge = await reportedCharge(trial, bound);
      must(charge !== undefined && charge.amount >= last, `With the release the charge fell from ${last} to ${shown(charge)}.`);
    },
  },
  {
    id: "backend/money/open-charges-are-not-final",
    rule: "No charge is called final while the lease is open and costs money.",
    proves: "charges",
    inapplicable: reportsCharges,
    run: async (trial) => {
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      const charge = await reportedCharge(trial, bound);
      must(charge?.final === false, `The charge of an open lease is reported as ${shown(charge)}.`);
    },
  },
  {
    id: "backend/money/final-after-the-release",
    rule: "After the release the charge becomes final, and then no report changes it.",
    proves: "charges",
    inapplicable: reportsCharges,
    run: async (trial) => {
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      await trial.release(bound.ref);
      const amount = await finalCharge(trial, bound);
      await trial.time.elapse(trial.limits.observeMs);
      trial.expect(await reportedCharge(trial, bound), "the charge some time later").toEqual({ amount, final: true });
    },
  },
  {
    id: "backend/money/stands-still-after-the-release",
    rule: "After `released` nothing more is charged.",
    run: async (trial) => {
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      await trial.release(bound.ref);
      const before = await chargedSoFar(trial, bound);
      await trial.time.elapse(trial.limits.observeMs);
      trial.expect(await chargedSoFar(trial, bound), "charged some time after the release").toBe(before);
    },
  },
  {
    id: "backend/money/reports-are-the-bill",
    rule: "The final charge that is reported is what the other side really charges.",
    proves: "charges",
    inapplicable: reportsCharges,
    run: async (trial) => {
      const bound = await trial.bound(lasting(trial));
      await trial.untilPhase(bound.ref, ["running"]);
      await trial.time.elapse(trial.limits.observeMs / 10);
      await trial.release(bound.ref);
      const reported = await finalCharge(trial, bound);
      const charged = await trial.charged(bound.ref.key);
      if (charged === undefined) throw new Inapplicable("The setup gives no `ledger` of the other side.");
      trial.expect(reported, "the final charge that is reported").toBe(charged);
    },
  },
  {
    id: "backend/money/refused-binds-are-free",
    rule: "A bind that was refused costs nothing, then or later.",
    run: async (trial) => {
      const offer = await trial.offer();
      if (offer.price.usdPerHour === 0) throw new Inapplicable("The offer is free: no cap is below its price.");
      const parts = { offer, priceCapUsdPerHour: offer.price.usdPerHour / 1_000 };
      const placement = await trial.placement(lasting(trial), parts);
      await trial.failure("A bind above its cap", trial.bindOf(placement), trial.limits.bindMs);
      await trial.time.elapse(trial.limits.observeMs);
      const charged = await trial.charged(placement.key);
      if (charged === undefined) throw new Inapplicable("The setup gives no `ledger` of the other side.");
      trial.expect(charged, "charged for a refused bind").toBe(0n);
    },
  },
  {
    id: "backend/lifetime/ends-without-us",
    rule: "A lease ends at its lifetime though nobody releases it: its command stops and so does its cost.",
    proves: "enforcesLifetime",
    inapplicable: enforcesLifetime,
    run: async (trial) => {
      const { lifetimeMs: maxLifetimeMs, lifetimeSlackMs, observeMs } = trial.limits;
      const bound = await trial.bound(lasting(trial), { launch: { maxLifetimeMs } });
      await trial.time.elapse(maxLifetimeMs + lifetimeSlackMs);
      const report = await trial.report(bound.ref);
      const isOver = report.kind === "gone" || report.phase === "ended" || report.phase === "exited";
      must(isOver, `After its lifetime the lease is reported as ${shown(report)}.`);
      const before = await trial.charged(bound.ref.key);
      await trial.time.elapse(observeMs);
      if (before !== undefined) trial.expect(await trial.charged(bound.ref.key), "charged after the lifetime").toBe(before);
    },
  },
  {
    id: "backend/lifetime/timeout-has-a-reason",
    rule: "A command that is ended at its timeout is reported with WORKLOAD_TIMED_OUT.",
    inapplicable: ({ enforcesTimeout }) => (enforcesTimeout ? undefined : "The backend leaves the timeout to the runtime."),
    run: async (trial) => {
      const timeoutMs = trial.limits.lifetimeMs / 2;
      const { ref } = await trial.bound(lasting(trial), { launch: { timeoutMs } });
      const report = await trial.time.until(
        async () => {
          const current = await trial.report(ref);
          must(current.kind === "status", "A lease that nobody released is gone.");
          return current.phase === "exited" || current.phase === "ended" ? current : undefined;
        },
        {
          limitMs: trial.limits.startMs + timeoutMs + trial.limits.lifetimeSlackMs,
          everyMs: trial.pollMs,
          what: "The command has to be ended at its timeout",
        },
      );
      trial.expect(report.reason, "the reason").toBe("WORKLOAD_TIMED_OUT");
    },
  },
];
