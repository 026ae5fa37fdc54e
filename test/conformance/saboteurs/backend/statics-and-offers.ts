import type { Capabilities } from "../../../../src/spec/capabilities.js";
import { referenceSetup } from "../../reference/setup.js";
import { type BackendSaboteur, deaf, saboteur, withOffers } from "./saboteur.js";

/** A backend that declares something else, and a setup that agrees with it. */
function declaring(clause: string, wrong: string, change: Partial<Capabilities>): BackendSaboteur {
  const { setup } = saboteur(clause, wrong, (backend) => ({ ...backend, capabilities: { ...backend.capabilities, ...change } }));
  return { clause, wrong, setup: { ...setup, capabilities: { ...setup.capabilities, ...change } } };
}

const clauseIds = ["from-the-beginning", "while-it-runs", "several-readers", "end-when-aborted"].map((name) => `backend/logs/${name}`);

export const staticAndOfferSaboteurs: readonly BackendSaboteur[] = [
  saboteur("backend/static/shape", "was written for another version", (backend) => ({ ...backend, specVersion: 2 as never })),
  saboteur("backend/static/names", "has an id with capital letters", (backend) => ({ ...backend, id: "Reference" })),
  declaring("backend/static/capabilities-make-sense", "wants to be asked more seldom than at most", {
    pollMs: { least: 10_000, most: 1_000 },
  }),
  saboteur("backend/static/capabilities-stay", "learns its provisioning time from experience", (backend) => {
    let bound = 0;
    return {
      ...backend,
      get capabilities() {
        return { ...backend.capabilities, provisionMs: backend.capabilities.provisionMs + bound };
      },
      bind: async (placement, call) => {
        const lease = await backend.bind(placement, call);
        bound += 1;
        return lease;
      },
    };
  }),
  saboteur("backend/static/optional-verbs-as-declared", "declares logs and has none", ({ logs: _, ...backend }) => backend),
  saboteur(
    "backend/offers/some-for-the-demand",
    "gives all offers one id",
    withOffers((offer) => ({ ...offer, id: "machine" })),
  ),
  saboteur(
    "backend/offers/of-this-backend",
    "puts the seller where the instance's id belongs",
    withOffers((offer) => ({ ...offer, backend: "seller" })),
  ),
  saboteur(
    "backend/offers/prices-are-amounts",
    "divides by zero for the price of a launch",
    withOffers((offer) => ({ ...offer, price: { ...offer.price, usdPerLaunch: 0 / 0 } })),
  ),
  saboteur(
    "backend/offers/expire-in-the-future",
    "tells the expiry in seconds",
    withOffers((offer) => ({ ...offer, expiresAtMs: Math.floor(offer.expiresAtMs / 1_000) })),
  ),
  saboteur(
    "backend/offers/hold-what-is-asked",
    "tells memory in GiB",
    withOffers((offer) => ({ ...offer, resources: { ...offer.resources, memoryMiB: offer.resources.memoryMiB / 1_024 } })),
  ),
  saboteur("backend/offers/none-for-the-impossible", "does not look at the demand", (backend) => ({
    ...backend,
    listOffers: async (demand, call) => backend.listOffers({ ...demand, cpu: 1, memoryMiB: 1, diskMiB: 1 }, call),
  })),
  saboteur("backend/offers/create-nothing", "places an order to see prices", (backend, { service }) => ({
    ...backend,
    listOffers: async (demand, call) => {
      service.order("price-check", call.namespace.id);
      return backend.listOffers(demand, call);
    },
  })),
  saboteur("backend/offers/keep-their-ids", "numbers offers anew in each listing", (backend) => {
    let next = 0;
    return {
      ...backend,
      listOffers: async (demand, call) => (await backend.listOffers(demand, call)).map((offer) => ({ ...offer, id: `offer-${next++}` })),
    };
  }),
  saboteur(
    "backend/offers/within-the-declared-ranges",
    "claims certifications that it does not declare",
    withOffers((offer) => ({ ...offer, trust: { ...offer.trust, certifications: ["iso27001", "soc2"] } })),
  ),
  saboteur(
    "backend/offers/plain-data",
    "keeps a date in an offer's data",
    withOffers((offer) => ({ ...offer, data: { since: new Date(0) } })),
  ),
  saboteur("backend/offers/aborted-call", "does not look at the signal", (backend) => ({
    ...backend,
    listOffers: (demand, call) => backend.listOffers(demand, deaf(call)),
  })),
  {
    clause: "backend/report/skips-have-reasons",
    wrong: "skips a clause without saying why",
    setup: { ...referenceSetup(), skip: { "backend/find/bound": "flaky" } },
  },
  {
    clause: "backend/report/skips-have-reasons",
    wrong: "skips a clause that does not exist",
    setup: { ...referenceSetup(), skip: { "backend/logs": "does not work yet" } },
  },
  {
    clause: "backend/report/capabilities-are-proven",
    wrong: "declares logs and skips every clause about them",
    setup: { ...referenceSetup(), skip: Object.fromEntries(clauseIds.map((id) => [id, "does not work yet"])) },
  },
  {
    clause: "backend/report/capabilities-are-proven",
    wrong: "declares reuse and fails a clause about it",
    setup: saboteur("", "", (backend) => ({ ...backend, start: async () => {} })).setup,
  },
];
