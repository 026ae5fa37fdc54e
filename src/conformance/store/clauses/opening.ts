import { STORE_SPEC_VERSION } from "../../../spec/store.js";
import { must } from "../../clause.js";
import { runRow } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

const VERBS = [
  "open",
  "namespace",
  "commit",
  "load",
  "loadGroup",
  "openLeases",
  "query",
  "findKey",
  "events",
  "decisions",
  "balances",
  "observations",
  "claim",
  "acknowledge",
  "watch",
  "purge",
  "close",
] as const;

export const openingClauses: readonly StoreClause[] = [
  {
    id: "store/opening/shape",
    rule: "It has the contract's version, the declared kind and durability, and every verb.",
    run: async ({ store, setup, expect }) => {
      expect(store.specVersion, "specVersion").toBe(STORE_SPEC_VERSION);
      expect(store.kind, "kind").toBe(setup.kind);
      must(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(store.kind), "`kind` is not kebab-case.");
      expect(store.durable, "durable").toBe(setup.durable);
      for (const verb of VERBS) must(typeof store[verb] === "function", `There is no \`${verb}\`.`);
    },
  },
  {
    id: "store/opening/open-is-idempotent",
    rule: "Opening it again changes nothing and loses nothing.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("kept")] });
      await trial.store.open(trial.host);
      await trial.state("kept");
    },
  },
  {
    id: "store/opening/close-is-idempotent",
    rule: "Closing it twice is fine.",
    run: async ({ store }) => {
      await store.close();
      await store.close();
    },
  },
  {
    id: "store/opening/first-namespace-wins",
    rule: "The first proposal becomes the namespace, and every later caller gets that one.",
    run: async (trial) => {
      const first = await trial.store.namespace(trial.namespace("firstone"));
      const other = await trial.another();
      trial.expect(await other.namespace(trial.namespace("secondone")), "the second caller's answer").toEqual(first);
      trial.expect(await trial.store.namespace(trial.namespace("thirdone")), "the third caller's answer").toEqual(first);
    },
  },
  {
    id: "store/opening/one-namespace-under-race",
    rule: "Proposals made at the same time get one and the same answer.",
    run: async (trial) => {
      const stores = [trial.store, await trial.another()];
      const proposals = Array.from({ length: 8 }, (_, index) => trial.namespace(`proposal${index}`));
      const answers = await Promise.all(proposals.map((proposal, index) => (stores[index % 2] ?? trial.store).namespace(proposal)));
      for (const answer of answers) trial.expect(answer, "an answer").toEqual(answers[0]);
    },
  },
];
