import { canonicalJson } from "../../../model/canonical-json.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../../model/lease.js";
import { Inapplicable, must, shown } from "../../clause.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, movesBetweenProcesses, storesPartials } from "./clause-type.js";
import { lasting } from "./lasting.js";

/** Codes that say that the placement's terms could not be had. */
const REFUSALS = ["OFFER_EXPIRED", "NO_BIDS", "NO_CAPACITY", "BACKEND_REJECTED"];

/** Fails unless exactly one thing is open, under this key. */
async function onlyOpen(trial: BackendTrial, key: string): Promise<void> {
  await trial.untilVisible();
  trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([key]);
  const count = await trial.openCount();
  if (count !== undefined) trial.expect(count, "number of things open at the other side").toBe(1);
}

export const bindingClauses: readonly BackendClause[] = [
  {
    id: "backend/bind/gives-a-lease",
    rule: "`bind` answers a lease with the placement's key, of this backend, whose reference survives JSON.",
    run: async (trial) => {
      const { ref, placement } = await trial.bound(trial.setup.launches.succeed());
      trial.expect([ref.backend, ref.key], "backend and key of the reference").toEqual([trial.backend.id, placement.key]);
      trial.expect(JSON.parse(JSON.stringify(ref)), "the reference after JSON").toEqual(ref);
      await onlyOpen(trial, placement.key);
    },
  },
  {
    id: "backend/bind/idempotent",
    rule: "Bound again with the same key it answers the first lease and makes no second one.",
    run: async (trial) => {
      const { placement, ref } = await trial.bound(lasting(trial));
      const again = await trial.bind(placement);
      trial.expect(again.ref, "the reference of the second answer").toEqual(ref);
      await onlyOpen(trial, placement.key);
    },
  },
  {
    id: "backend/bind/idempotent-under-race",
    rule: "Two binds of one key at the same time make one lease, and none of them says that nothing happened.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const both = Promise.allSettled([trial.bindOf(placement), trial.bindOf(placement)]);
      const outcomes = await trial.answer("two binds of one key", both, trial.limits.bindMs);
      must(
        outcomes.some(({ status }) => status === "fulfilled"),
        "Both binds failed.",
      );
      for (const outcome of outcomes) {
        const isLie = outcome.status === "rejected" && SchedulerError.isInstance(outcome.reason) && outcome.reason.effect === "none";
        must(!isLie, 'One of the binds rejected with effect "none", though a lease exists.');
      }
      await onlyOpen(trial, placement.key);
    },
  },
  {
    id: "backend/bind/idempotent-elsewhere",
    rule: "Another process that binds the same key finds the first lease.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const { placement, ref } = await trial.bound(lasting(trial));
      const again = await trial.bind(placement, { backend: await trial.another() });
      trial.expect(again.ref, "the reference of the other process's answer").toEqual(ref);
      await onlyOpen(trial, placement.key);
    },
  },
  {
    id: "backend/bind/several-at-once",
    rule: "Binds of different keys at the same time make a lease each.",
    run: async (trial) => {
      const offers = await trial.offers();
      const takers = offers.flatMap((offer) => Array.from({ length: Math.min(offer.capacity ?? 1, 3) }, () => offer)).slice(0, 3);
      const placements = await Promise.all(takers.map((offer) => trial.placement(lasting(trial), { offer })));
      const leases = await trial.answer(
        "binds of several keys",
        Promise.all(placements.map((placement) => trial.bindOf(placement))),
        trial.limits.bindMs,
      );
      const keys = placements.map(({ key }) => key).sort();
      trial.expect(leases.map(({ ref }) => ref.key).sort(), "keys of the leases").toEqual(keys);
      await trial.untilVisible();
      trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual(keys);
    },
  },
  {
    id: "backend/bind/does-not-wait-for-the-command",
    rule: "`bind` answers while the command is still to run or running.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      const report = await trial.report(ref);
      must(report.kind === "status" && report.phase !== "exited" && report.phase !== "ended", `The report after bind is ${shown(report)}.`);
    },
  },
  {
    id: "backend/bind/within-its-time",
    rule: "`bind` answers within the declared `bindMs`.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const fromMs = trial.host.monotonic();
      const bound = trial.bindOf(placement).then(() => trial.host.monotonic());
      const tookMs = (await trial.answer("bind", bound, 2 * trial.limits.bindMs)) - fromMs;
      must(tookMs <= trial.limits.bindMs, `bind took ${tookMs} ms and may take ${trial.limits.bindMs}.`);
    },
  },
  {
    id: "backend/bind/never-above-the-cap",
    rule: "A placement whose cap is below every price is refused with effect `none`, and nothing is left open.",
    run: async (trial) => {
      const offer = await trial.offer();
      if (offer.price.usdPerHour === 0) throw new Inapplicable("The offer is free: no cap is below its price.");
      const placement = await trial.placement(lasting(trial), { offer, priceCapUsdPerHour: offer.price.usdPerHour / 1_000 });
      const error = await trial.codedFailure("A bind above its cap", trial.bindOf(placement), trial.limits.bindMs);
      must(REFUSALS.includes(error.code), `A bind above its cap failed with ${error.code}, which is none of ${REFUSALS.join(", ")}.`);
      trial.expect(error.effect, "the refusal's effect").toBe("none");
      await trial.nothingOpen("after a refused bind");
    },
  },
  {
    id: "backend/bind/agreed-price-within-the-cap",
    rule: "A price that a lease says was agreed is an amount and not above the placement's cap.",
    run: async (trial) => {
      const { lease, placement } = await trial.bound(lasting(trial));
      const agreed = lease.price?.usdPerHour ?? placement.offer.price.usdPerHour;
      must(
        agreed >= 0 && agreed <= placement.priceCapUsdPerHour,
        `Agreed on ${agreed} USD/h under a cap of ${placement.priceCapUsdPerHour}.`,
      );
    },
  },
  {
    id: "backend/bind/expired-offer",
    rule: "An offer that has expired is refused with OFFER_EXPIRED and effect `none`, or taken at no more than its price.",
    run: async (trial) => {
      const fresh = await trial.offer();
      const offer = { ...fresh, expiresAtMs: trial.host.now() - 1 };
      const placement = await trial.placement(lasting(trial), { offer });
      const [outcome] = await trial.answer("bind", Promise.allSettled([trial.bindOf(placement)]), trial.limits.bindMs);
      if (outcome.status === "fulfilled") {
        const agreed = outcome.value.price?.usdPerHour ?? offer.price.usdPerHour;
        must(agreed <= offer.price.usdPerHour, `An expired offer of ${offer.price.usdPerHour} USD/h was taken for ${agreed}.`);
        return;
      }
      const error: unknown = outcome.reason;
      must(SchedulerError.isInstance(error), "An expired offer was refused with something that is no SchedulerError.");
      trial.expect([error.code, error.effect], "code and effect of the refusal").toEqual(["OFFER_EXPIRED", "none"]);
      await trial.nothingOpen("after a refused bind");
    },
  },
  {
    id: "backend/bind/aborted-call",
    rule: "A bind whose signal is aborted beforehand rejects promptly with the signal's reason and leaves nothing open.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const reason = new Error("no longer wanted");
      const error = await trial.failure("bind", trial.bindOf(placement, { signal: AbortSignal.abort(reason) }), trial.limits.abortMs);
      trial.expect(error, "what bind rejected with").toBe(reason);
      await trial.nothingOpen("after an aborted bind");
    },
  },
  {
    id: "backend/bind/any-key",
    rule: "Keys of 48 characters, and with dashes in odd places, are names like any other.",
    run: async (trial) => {
      const unique = trial.newKey();
      for (const key of [unique.padEnd(48, "x").slice(0, 48), `${unique}--0-`]) {
        const { ref } = await trial.bound(lasting(trial), { key });
        trial.expect(ref.key, "the key of the reference").toBe(key);
        trial.expect((await trial.finding(key)).kind, `what find says of ${key}`).toBe("bound");
        await trial.release(ref);
      }
    },
  },
  {
    id: "backend/bind/placement-stays-as-it-is",
    rule: "`bind` changes nothing of the placement it is given.",
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial), { launch: { env: { A: "1" }, labels: { b: "2" } } });
      const before = canonicalJson(placement);
      await trial.bind(placement);
      trial.expect(canonicalJson(placement), "the placement afterwards").toBe(before);
    },
  },
  {
    id: "backend/bind/progress-before-the-effect",
    rule: "Before it orders anything it stores a reference under the placement's key, of this backend, as plain data.",
    proves: "partial",
    inapplicable: storesPartials,
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      const stored: { readonly partial: LeaseRef; readonly open: number | undefined }[] = [];
      await trial.bind(placement, {
        progress: async (partial) => {
          stored.push({ partial, open: await trial.openCount() });
        },
      });
      const [first] = stored;
      must(first !== undefined, "bind has several effects, but never called `progress`.");
      trial.expect(first.open ?? 0, "number of things open when progress was called first").toBe(0);
      for (const { partial } of stored) {
        trial.expect([partial.backend, partial.key], "backend and key of a partial reference").toEqual([trial.backend.id, placement.key]);
        trial.expect(JSON.parse(JSON.stringify(partial)), "a partial reference after JSON").toEqual(partial);
      }
    },
  },
  {
    id: "backend/bind/stops-when-progress-rejects",
    rule: "When `progress` rejects, `bind` rejects, does nothing more, and what there is can be released.",
    proves: "partial",
    inapplicable: storesPartials,
    run: async (trial) => {
      for (let refused = 1; ; refused += 1) {
        const partials: LeaseRef[] = [];
        let openThen: number | undefined;
        const placement = await trial.placement(lasting(trial));
        const bind = trial.bindOf(placement, {
          progress: async (partial) => {
            partials.push(partial);
            if (partials.length !== refused) return;
            openThen = await trial.openCount();
            throw new SchedulerError("STORE_CONFLICT", "The claim of this run has moved to another process.");
          },
        });
        const [outcome] = await trial.answer("bind", Promise.allSettled([bind]), trial.limits.bindMs);
        if (partials.length < refused) {
          must(refused > 1, "bind has several effects, but never called `progress`.");
          return;
        }
        must(outcome.status === "rejected", `bind went on although call ${refused} of \`progress\` had rejected.`);
        trial.expect(await trial.openCount(), "number of things open afterwards").toBe(openThen);
        for (const partial of partials) await trial.release(partial);
        await trial.nothingOpen("after the release of the partial references");
      }
    },
  },
];
