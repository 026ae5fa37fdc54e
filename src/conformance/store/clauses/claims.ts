import type { Claim } from "../../../spec/store.js";
import { must } from "../../clause.js";
import { NOW_MS, runRow, settledRow } from "../rows.js";
import { CLAIM_MS, OWNER, RIVAL, type StoreTrial } from "../trial.js";
import type { StoreClause } from "./clause-type.js";

const idsOf = (claims: readonly Claim[]): readonly string[] => claims.map(({ id }) => id);

/** A run claimed by {@link OWNER}. */
async function claimedRun(trial: StoreTrial): Promise<Claim> {
  const [claim] = await trial.insertClaimed(runRow("r1"));
  must(claim !== undefined, "claimNew gave no claim.");
  return claim;
}

const afterExpiry = { owner: RIVAL, nowMs: NOW_MS + CLAIM_MS, untilMs: NOW_MS + 2 * CLAIM_MS };

export const claimClauses: readonly StoreClause[] = [
  {
    id: "store/claims/new-runs-are-claimed",
    rule: "`claimNew` claims the inserted runs in the same step, and the claims are good for writing.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      trial
        .expect({ ...claim, fence: 1 }, "the claim")
        .toEqual({ scope: "run", id: "r1", owner: OWNER, fence: 1, untilMs: NOW_MS + CLAIM_MS });
      await trial.accepted({ claims: [claim], runs: [runRow("r1", { version: 2 })] });
      const { claims } = await trial.accepted({ runs: [runRow("r1", { version: 3 })], claimNew: { owner: RIVAL, untilMs: NOW_MS + 1 } });
      trial.expect(claims, "claims for runs that are not new").toEqual([]);
    },
  },
  {
    id: "store/claims/held-from-others",
    rule: "Nobody else gets a claim before it expires, by name or by asking for any.",
    run: async (trial) => {
      await claimedRun(trial);
      const justBefore = { owner: RIVAL, nowMs: NOW_MS + CLAIM_MS - 1 };
      trial.expect(await trial.claim({ ...justBefore, ids: ["r1"] }), "claims by name").toEqual([]);
      trial.expect(await trial.claim(justBefore), "claims of any").toEqual([]);
    },
  },
  {
    id: "store/claims/expire",
    rule: "At `untilMs` a claim is free to anybody, by name and by asking for any, by the time given and no other.",
    run: async (trial) => {
      await trial.insertClaimed(runRow("r1"), runRow("r2"));
      trial.expect(idsOf(await trial.claim({ ...afterExpiry, ids: ["r1"] })), "claims by name").toEqual(["r1"]);
      trial.expect(idsOf(await trial.claim(afterExpiry)), "claims of any").toEqual(["r2"]);
    },
  },
  {
    id: "store/claims/renewal-keeps-the-fence",
    rule: "The owner renews its claim before and after the expiry with the same fence, and the new time counts.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      const [renewed] = await trial.claim({ ids: ["r1"], untilMs: NOW_MS + 5 * CLAIM_MS });
      trial.expect(renewed, "the renewed claim").toEqual({ ...claim, untilMs: NOW_MS + 5 * CLAIM_MS });
      trial.expect(await trial.claim({ ...afterExpiry, ids: ["r1"] }), "a rival's claim after the first expiry").toEqual([]);
      const [late] = await trial.claim({ ids: ["r1"], nowMs: NOW_MS + 6 * CLAIM_MS, untilMs: NOW_MS + 7 * CLAIM_MS });
      trial.expect(late?.fence, "the fence after a late renewal").toBe(claim.fence);
    },
  },
  {
    id: "store/claims/new-owner-raises-the-fence",
    rule: "Each new owner's fence is one higher than the one before.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      const [taken] = await trial.claim({ ...afterExpiry, ids: ["r1"] });
      trial.expect(taken?.fence, "the second owner's fence").toBe(claim.fence + 1);
      const [back] = await trial.claim({ ids: ["r1"], nowMs: NOW_MS + 2 * CLAIM_MS, untilMs: NOW_MS + 3 * CLAIM_MS });
      trial.expect(back?.fence, "the first owner's fence when it is back").toBe(claim.fence + 2);
    },
  },
  {
    id: "store/claims/fence-stops-the-stale-writer",
    rule: "Once a claim has moved, the former owner's batches are refused, though its rows and versions are right.",
    run: async (trial) => {
      const stale = await claimedRun(trial);
      const [current] = await trial.claim({ ...afterExpiry, ids: ["r1"] });
      must(current !== undefined, "An expired claim could not be taken.");
      const nowMs = afterExpiry.nowMs;
      const { id } = await trial.refused({ nowMs, claims: [stale], runs: [runRow("r1", { version: 2 })] }, "claim");
      trial.expect(id, "the refused claim").toBe("r1");
      await trial.refused({ nowMs, claims: [{ ...current, fence: stale.fence }], runs: [runRow("r1", { version: 2 })] }, "claim");
      await trial.accepted({ nowMs, claims: [current], runs: [runRow("r1", { version: 2 })] });
    },
  },
  {
    id: "store/claims/expired-writer-is-refused",
    rule: "An expired claim is not good for writing, even if nobody has taken it.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      await trial.accepted({ nowMs: claim.untilMs - 1, claims: [claim], runs: [runRow("r1", { version: 2 })] });
      await trial.refused({ nowMs: claim.untilMs, claims: [claim], runs: [runRow("r1", { version: 3 })] }, "claim");
    },
  },
  {
    id: "store/claims/stored-expiry-counts",
    rule: "After a renewal an older copy of the same claim is still good: the stored time counts, not the copy's.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      await trial.claim({ ids: ["r1"], untilMs: NOW_MS + 5 * CLAIM_MS });
      await trial.accepted({ nowMs: NOW_MS + 2 * CLAIM_MS, claims: [claim], runs: [runRow("r1", { version: 2 })] });
    },
  },
  {
    id: "store/claims/all-claims-are-checked",
    rule: "A batch is refused if any one of its claims has moved.",
    run: async (trial) => {
      const [first, second] = await trial.insertClaimed(runRow("r1"), runRow("r2"));
      must(first !== undefined && second !== undefined, "claimNew gave no claims.");
      const { id } = await trial.refused(
        { claims: [first, { ...second, fence: second.fence + 1 }], runs: [runRow("r1", { version: 2 })] },
        "claim",
      );
      trial.expect(id, "the refused claim").toBe("r2");
    },
  },
  {
    id: "store/claims/given-back-is-free",
    rule: "A claim that was given back is free at once, and its former holder can no longer write under it.",
    run: async (trial) => {
      const claim = await claimedRun(trial);
      await trial.store.acknowledge([claim]);
      await trial.refused({ claims: [claim], runs: [runRow("r1", { version: 2 })] }, "claim");
      const [taken] = await trial.claim({ owner: RIVAL });
      trial.expect([taken?.id, taken?.fence], "the next claim").toEqual(["r1", claim.fence + 1]);
    },
  },
  {
    id: "store/claims/giving-back-what-moved-is-ignored",
    rule: "Giving back a claim that has moved, or that never was, changes nothing.",
    run: async (trial) => {
      const stale = await claimedRun(trial);
      const [current] = await trial.claim({ ...afterExpiry, ids: ["r1"] });
      must(current !== undefined, "An expired claim could not be taken.");
      await trial.store.acknowledge([stale, { ...stale, id: "nobody" }, { ...stale, scope: "shard" }]);
      await trial.accepted({ nowMs: afterExpiry.nowMs, claims: [current], runs: [runRow("r1", { version: 2 })] });
    },
  },
  {
    id: "store/claims/oldest-wake-up-first",
    rule: "Asked for any, it gives the runs that have been due for longest, up to the limit; without a wake-up, acceptance counts.",
    run: async (trial) => {
      await trial.accepted({
        runs: [
          runRow("later", { wakeAtMs: NOW_MS + 500 }),
          runRow("first", { wakeAtMs: NOW_MS - 900 }),
          runRow("second", { acceptedAtMs: NOW_MS - 600 }),
          runRow("third", { acceptedAtMs: NOW_MS - 950, wakeAtMs: NOW_MS - 300 }),
        ],
      });
      trial.expect(idsOf(await trial.claim({ limit: 2 })), "the first two").toEqual(["first", "second"]);
      trial.expect(idsOf(await trial.claim({ limit: 2 })), "the next two").toEqual(["third", "later"]);
      trial.expect(idsOf(await trial.claim({ limit: 2 })), "what is left").toEqual([]);
    },
  },
  {
    id: "store/claims/settled-runs-rest",
    rule: "Asked for any, it never gives a settled run, but a run that ended and is not settled.",
    run: async (trial) => {
      await trial.accepted({
        runs: [settledRow("over", NOW_MS), runRow("unpaid", { status: "succeeded", endedAtMs: NOW_MS }), runRow("becomes-settled")],
      });
      await trial.accepted({ runs: [settledRow("becomes-settled", NOW_MS, { version: 2 })] });
      trial.expect(idsOf(await trial.claim({})), "claims of any").toEqual(["unpaid"]);
    },
  },
  {
    id: "store/claims/exactly-these",
    rule: "Asked for ids, it gives those and no others, leaves unknown ones out, and keeps to the limit.",
    run: async (trial) => {
      await trial.accepted({ runs: ["a", "b", "c", "d"].map((id) => runRow(id)) });
      const claims = await trial.claim({ ids: ["c", "nobody", "a"] });
      trial.expect([...idsOf(claims)].sort(), "the claims").toEqual(["a", "c"]);
      trial.expect((await trial.claim({ ids: ["b", "d"], limit: 1 })).length, "claims up to the limit").toBe(1);
    },
  },
  {
    id: "store/claims/shards-stand-apart",
    rule: "Shards need no row, are claimed and fenced like runs, and are not confused with runs of the same id.",
    run: async (trial) => {
      const run = await claimedRun(trial);
      const [shard] = await trial.claim({ scope: "shard", ids: ["r1"], owner: RIVAL });
      must(shard !== undefined, "A free shard could not be claimed.");
      trial.expect(await trial.claim({ scope: "shard", ids: ["r1"] }), "a held shard for another owner").toEqual([]);
      await trial.accepted({ claims: [run, shard], runs: [runRow("r1", { version: 2 })] });
      const [moved] = await trial.claim({ scope: "shard", ids: ["r1"], nowMs: shard.untilMs, untilMs: shard.untilMs + 1 });
      trial.expect(moved?.fence, "the next owner's fence").toBe(shard.fence + 1);
      await trial.refused({ claims: [shard], runs: [runRow("r1", { version: 3 })] }, "claim");
    },
  },
  {
    id: "store/claims/one-taker-under-race",
    rule: "Of many owners asking at the same time, each run goes to exactly one.",
    run: async (trial) => {
      const ids = Array.from({ length: 20 }, (_, index) => `r${index}`);
      await trial.accepted({ runs: ids.map((id) => runRow(id)) });
      const stores = [trial.store, await trial.another()];
      const taken = await Promise.all(
        Array.from({ length: 6 }, (_, index) => trial.claim({ owner: `owner-${index}`, limit: 5 }, stores[index % 2] ?? trial.store)),
      );
      // Claims may fail under contention in a store with optimistic locks, but none may be given twice, and none may get lost.
      const rest = await trial.claim({ owner: "the-rest" });
      trial.expect([...idsOf([...taken.flat(), ...rest])].sort(), "all claims").toEqual([...ids].sort());
    },
  },
];
