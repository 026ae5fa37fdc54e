import { runRow } from "../rows.js";
import type { StoreClause } from "./clause-type.js";

const key = (name: string, runId: string, digest = "digest"): { key: string; digest: string; runId: string } => ({
  key: name,
  digest,
  runId,
});

export const keyClauses: readonly StoreClause[] = [
  {
    id: "store/keys/unique",
    rule: "A used idempotency key refuses the batch, whatever the digest, and the refusal holds what it was used for.",
    run: async (trial) => {
      await trial.accepted({ runs: [runRow("r1")], keys: [key("nightly", "r1")] });
      const same = await trial.refused({ runs: [runRow("r2")], keys: [key("nightly", "r2")] }, "key");
      trial.expect(same.existing, "the existing row").toEqual(key("nightly", "r1"));
      const other = await trial.refused({ runs: [runRow("r3")], keys: [key("nightly", "r3", "another digest")] }, "key");
      trial.expect(other.existing, "the existing row").toEqual(key("nightly", "r1"));
    },
  },
  {
    id: "store/keys/found",
    rule: "A key can be looked up, also a group's; an unknown one is undefined.",
    run: async (trial) => {
      const ofGroup = { key: "Grüße/1", digest: "d", groupId: "g1" };
      await trial.accepted({ runs: [runRow("r1")], keys: [key("nightly", "r1"), ofGroup] });
      trial.expect(await trial.store.findKey("nightly"), "a run's key").toEqual(key("nightly", "r1"));
      trial.expect(await trial.store.findKey("Grüße/1"), "a group's key").toEqual(ofGroup);
      trial.expect(await trial.store.findKey("NIGHTLY"), "a key in other letters").toBe(undefined);
    },
  },
  {
    id: "store/keys/twice-in-a-batch",
    rule: "A batch that uses one key twice is refused.",
    run: async (trial) => {
      await trial.refused({ runs: [runRow("r1"), runRow("r2")], keys: [key("nightly", "r1"), key("nightly", "r2")] }, "key");
    },
  },
  {
    id: "store/keys/one-acceptance-under-race",
    rule: "Of many acceptances with one key at the same time exactly one goes through, and the others learn which.",
    run: async (trial) => {
      const stores = [trial.store, await trial.another()];
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          trial.commit({ runs: [runRow(`r${index}`)], keys: [key("nightly", `r${index}`)] }, { store: stores[index % 2] ?? trial.store }),
        ),
      );
      const winner = `r${results.findIndex(({ ok }) => ok)}`;
      trial.expect(results.filter(({ ok }) => ok).length, "acceptances").toBe(1);
      const losers = results.flatMap((result) => (result.ok || result.refused !== "key" ? [] : [result.existing.runId]));
      trial.expect(losers, "what the others learn").toEqual(Array.from({ length: 7 }, () => winner));
    },
  },
];
