import { canonicalJson } from "../../../model/canonical-json.js";
import { BACKEND_SPEC_VERSION } from "../../../spec/backend.js";
import type { Capabilities } from "../../../spec/capabilities.js";
import { must, shown } from "../../clause.js";
import type { BackendClause } from "./clause-type.js";

const VERBS = ["listOffers", "bind", "find", "inspect", "release", "listLeases"] as const;
const KIND = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const ID = /^[a-z][a-z0-9-]{0,62}$/;

/** What is wrong with the numbers of the capabilities, in words. */
function problemsOf(capabilities: Capabilities): readonly string[] {
  const { pollMs, inspect, limits, billing, trust, countries } = capabilities;
  const positive = {
    "pollMs.least": pollMs.least,
    "pollMs.most": pollMs.most,
    bindMs: capabilities.bindMs,
    provisionMs: capabilities.provisionMs,
    offersTtlMs: capabilities.offersTtlMs,
    "billing.granularityMs": billing.granularityMs,
    "limits.concurrency": limits.concurrency,
    "limits.callsPerSecond": limits.callsPerSecond,
    ...(inspect.mode === "ids" ? { "inspect.max": inspect.max } : {}),
    ...(capabilities.lifetimeLimitMs === undefined ? {} : { lifetimeLimitMs: capabilities.lifetimeLimitMs }),
  };
  const notNegative = { visibilityMs: capabilities.visibilityMs, "billing.minimumMs": billing.minimumMs };
  return [
    ...Object.entries(positive).flatMap(([name, value]) => (value > 0 ? [] : [`${name} must be above 0`])),
    ...Object.entries(notNegative).flatMap(([name, value]) => (value >= 0 ? [] : [`${name} must be at least 0`])),
    ...(pollMs.most >= pollMs.least ? [] : ["pollMs.most is below pollMs.least"]),
    ...(trust.operators.length > 0 ? [] : ["trust.operators is empty"]),
    ...(countries === "any" || countries.every((country) => /^[A-Z]{2}$/.test(country)) ? [] : ["countries are not ISO 3166-1 alpha-2"]),
  ];
}

export const staticClauses: readonly BackendClause[] = [
  {
    id: "backend/static/shape",
    rule: "It has the contract's version and every verb that every backend has.",
    run: async ({ backend, expect }) => {
      expect(backend.specVersion, "specVersion").toBe(BACKEND_SPEC_VERSION);
      for (const verb of VERBS) must(typeof backend[verb] === "function", `There is no \`${verb}\`.`);
    },
  },
  {
    id: "backend/static/names",
    rule: "Its kind is the declared one in kebab-case, and its id is usable as a name.",
    run: async ({ backend, setup, expect }) => {
      expect(backend.kind, "kind").toBe(setup.kind);
      must(KIND.test(backend.kind), `\`kind\` ${shown(backend.kind)} is not kebab-case.`);
      must(ID.test(backend.id), `\`id\` ${shown(backend.id)} does not match ${ID.source}.`);
    },
  },
  {
    id: "backend/static/capabilities-make-sense",
    rule: "The numbers in its capabilities are possible, and countries are ISO codes.",
    run: async ({ backend, expect }) => {
      expect(problemsOf(backend.capabilities), "problems of the capabilities").toEqual([]);
    },
  },
  {
    id: "backend/static/capabilities-stay",
    rule: "Its capabilities are those the setup declares, plain data, and the same after use.",
    run: async (trial) => {
      const { capabilities } = trial.backend;
      trial.expect(capabilities, "capabilities").toEqual(trial.setup.capabilities);
      const before = canonicalJson(capabilities);
      const { ref } = await trial.bound(trial.setup.launches.succeed());
      await trial.release(ref);
      trial.expect(canonicalJson(trial.backend.capabilities), "capabilities after a lease").toBe(before);
    },
  },
  {
    id: "backend/static/optional-verbs-as-declared",
    rule: "`start`, `collect` and `logs` are there exactly if reuse, native staging and logs are declared.",
    run: async ({ backend, setup, expect }) => {
      const { reuse, staging, logs } = setup.capabilities;
      const there = { start: typeof backend.start, collect: typeof backend.collect, logs: typeof backend.logs };
      const typeIf = (declared: boolean): string => (declared ? "function" : "undefined");
      expect(there, "optional verbs").toEqual({ start: typeIf(reuse), collect: typeIf(staging === "native"), logs: typeIf(logs) });
    },
  },
];
