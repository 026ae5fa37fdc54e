import type { Offer } from "../../../model/offer.js";
import { must, shown } from "../../clause.js";
import type { BackendTrial } from "../trial.js";
import type { BackendClause } from "./clause-type.js";

const YEAR_MS = 366 * 24 * 3_600_000;

async function someOffers(trial: BackendTrial): Promise<readonly Offer[]> {
  const offers = await trial.offers();
  must(offers.length > 0, "There is no offer for the setup's demand.");
  return offers;
}

const isAmount = (value: number | undefined): boolean => value === undefined || (Number.isFinite(value) && value >= 0);

export const offerClauses: readonly BackendClause[] = [
  {
    id: "backend/offers/some-for-the-demand",
    rule: "There is at least one offer for a demand that fits, each with an id of its own.",
    run: async (trial) => {
      const ids = (await someOffers(trial)).map(({ id }) => id);
      must(
        ids.every((id) => typeof id === "string" && id !== ""),
        "An offer has no id.",
      );
      trial.expect(new Set(ids).size, "number of different ids").toBe(ids.length);
    },
  },
  {
    id: "backend/offers/of-this-backend",
    rule: "Offers carry the id of the instance that made them.",
    run: async (trial) => {
      for (const offer of await someOffers(trial)) trial.expect(offer.backend, `backend of ${offer.id}`).toBe(trial.backend.id);
    },
  },
  {
    id: "backend/offers/prices-are-amounts",
    rule: "Every part of a price is a finite number of dollars, none below zero; a paid backend's hour is not free.",
    run: async (trial) => {
      for (const { id, price } of await someOffers(trial)) {
        const { usdPerHour, usdPerLaunch, egressUsdPerGB, ingressUsdPerGB } = price;
        const isWhole = typeof usdPerHour === "number" && [usdPerHour, usdPerLaunch, egressUsdPerGB, ingressUsdPerGB].every(isAmount);
        must(isWhole, `The price of ${id} is not made of amounts: ${shown(price)}.`);
        must(!trial.setup.capabilities.paid || usdPerHour > 0, `The backend is paid, but an hour of ${id} costs nothing.`);
      }
    },
  },
  {
    id: "backend/offers/expire-in-the-future",
    rule: "Offers expire after now, in ms since 1970, and within a year.",
    run: async (trial) => {
      for (const { id, expiresAtMs } of await someOffers(trial)) {
        const leftMs = expiresAtMs - trial.host.now();
        must(leftMs > 0 && leftMs < YEAR_MS, `${id} expires ${leftMs} ms from now: expiresAtMs is ${expiresAtMs}.`);
      }
    },
  },
  {
    id: "backend/offers/hold-what-is-asked",
    rule: "Each offer has at least the CPUs, memory, disk and GPUs of the demand, and its architecture.",
    run: async (trial) => {
      const { demand } = trial.setup;
      for (const { id, resources } of await someOffers(trial)) {
        const isEnough = resources.cpu >= demand.cpu && resources.memoryMiB >= demand.memoryMiB && resources.diskMiB >= demand.diskMiB;
        must(isEnough, `${id} is smaller than the demand: ${shown(resources)}.`);
        must((resources.gpu?.count ?? 0) >= (demand.gpu?.count ?? 0), `${id} has too few GPUs: ${shown(resources)}.`);
        must(!demand.arch || !resources.arch || demand.arch === resources.arch, `${id} has another architecture: ${shown(resources)}.`);
      }
    },
  },
  {
    id: "backend/offers/none-for-the-impossible",
    rule: "For a demand that no machine meets it answers an empty list.",
    run: async (trial) => {
      const impossible = { ...trial.setup.demand, cpu: 1e9, memoryMiB: 1e12, diskMiB: 1e15 };
      trial.expect(await trial.offers(impossible), "offers for an impossible demand").toEqual([]);
    },
  },
  {
    id: "backend/offers/create-nothing",
    rule: "Listing offers creates nothing and costs nothing, however often.",
    run: async (trial) => {
      for (let count = 0; count < 5; count += 1) await trial.offers();
      await trial.nothingOpen("after listing offers");
      const ledger = await trial.underTest.ledger?.();
      if (ledger)
        trial
          .expect(
            [...ledger].filter(([, amount]) => amount > 0n),
            "what was charged",
          )
          .toEqual([]);
    },
  },
  {
    id: "backend/offers/keep-their-ids",
    rule: "The same machine or product has the same id in the next listing.",
    run: async (trial) => {
      const before = new Set((await someOffers(trial)).map(({ id }) => id));
      const after = (await someOffers(trial)).map(({ id }) => id);
      must(
        after.some((id) => before.has(id)),
        `No id of the first listing is in the second one: ${shown(after)}.`,
      );
    },
  },
  {
    id: "backend/offers/within-the-declared-ranges",
    rule: "Trust facts and proven places of offers lie within what the capabilities declare.",
    run: async (trial) => {
      const { trust: range, countries } = trial.setup.capabilities;
      for (const { id, trust, place } of await someOffers(trial)) {
        must(range.operators.includes(trust.operator), `${id} has an operator of the undeclared class "${trust.operator}".`);
        for (const fact of ["certifications", "agreements", "tee"] as const) {
          const undeclared = trust[fact].filter((name) => !range[fact].includes(name));
          must(undeclared.length === 0, `${id} claims undeclared ${fact}: ${shown(undeclared)}.`);
        }
        const isProven = place.proof !== "claimed" && place.country !== undefined;
        must(
          countries === "any" || (isProven && countries.includes(place.country ?? "")),
          `${id} is outside the declared countries: ${shown(place)}.`,
        );
      }
    },
  },
  {
    id: "backend/offers/plain-data",
    rule: "Offers survive being written as JSON and read again.",
    run: async (trial) => {
      const offers = await someOffers(trial);
      trial.expect(JSON.parse(JSON.stringify(offers)), "offers after JSON").toEqual(offers);
    },
  },
  {
    id: "backend/offers/aborted-call",
    rule: "A call whose signal is aborted rejects promptly with the signal's reason.",
    run: async (trial) => {
      const reason = new Error("no longer wanted");
      const call = trial.call({ signal: AbortSignal.abort(reason) });
      const error = await trial.failure("listOffers", trial.backend.listOffers(trial.setup.demand, call), trial.limits.abortMs);
      trial.expect(error, "what listOffers rejected with").toBe(reason);
    },
  },
];
