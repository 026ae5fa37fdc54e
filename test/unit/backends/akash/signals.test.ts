import { describe, expect, test } from "vitest";
import { endOf } from "../../../../src/backends/akash/reasons.js";
import { regroup } from "../../../../src/backends/akash/regroup.js";
import { tokenClaims } from "../../../../src/backends/akash/token-claims.js";
import { troubleOf } from "../../../../src/backends/akash/trouble.js";
import { deploymentPage } from "../../../../src/backends/akash/wire.js";

describe("why a lease ended", () => {
  test.each([
    ["lease_closed_owner", "LEASE_LOST"],
    ["lease_closed_reason_unstable", "LEASE_LOST"],
    ["lease_closed_reason_decommission", "PREEMPTED"],
    ["lease_closed_reason_unspecified", "LEASE_LOST"],
    ["lease_closed_reason_manifest_timeout", "PROVISIONING_FAILED"],
    ["lease_closed_reason_insufficient_funds", "INSUFFICIENT_FUNDS"],
    ["10001", "PREEMPTED"],
    ["20000", "INSUFFICIENT_FUNDS"],
    ["20017", "LEASE_LOST"],
    ["lease_closed_reason_new_word", "LEASE_LOST"],
    [undefined, "LEASE_LOST"],
  ])("%s is %s", (reason, code) => {
    expect(endOf(reason).reason).toBe(code);
  });

  test("who closed it is told even of a number that is not known", () => {
    expect(endOf("12345").message).toContain("by its provider");
    expect(endOf("25000").message).toContain("by the network");
  });
});

describe("what events tell", () => {
  const event = (reason: string, note = "") => ({ type: "Warning", reason, note });

  test.each([
    [
      "an image that does not exist",
      [event("Pulling"), event("Failed", 'Failed to pull image "x": not found'), event("BackOff", "Back-off pulling image")],
      "IMAGE_PULL_FAILED",
    ],
    ["a registry that is busy", [event("Failed", 'Failed to pull image "x": 429 Too Many Requests')], "PROVISIONING_FAILED"],
    ["no node", [event("FailedScheduling", "0/3 nodes are available: insufficient nvidia.com/gpu")], "PROVISIONING_FAILED"],
  ])("%s is hopeless here", (_what, events, reason) => {
    expect(troubleOf(events)).toMatchObject({ kind: "hopeless", reason });
  });

  test("a pull that worked in the end is no trouble, and what was started has begun", () => {
    expect(troubleOf([event("Failed", "Failed to pull image: timeout"), event("Pulled")])).toEqual({ kind: "none" });
    expect(troubleOf([event("Pulled"), event("Started")])).toEqual({ kind: "began" });
    expect(troubleOf([event("Started"), event("BackOff", "Back-off restarting failed container")])).toMatchObject({ kind: "began" });
    expect(troubleOf([event("SomethingNew")])).toEqual({ kind: "none" });
  });
});

test("a token opens one scope of one lease at one provider, for a while", () => {
  const provider = `akash1${"q".repeat(38)}`;
  expect(tokenClaims({ dseq: "1764000000000", gseq: 1, oseq: 2, provider }, "logs", 299_001)).toEqual({
    ttl: 300,
    leases: {
      access: "granular",
      permissions: [{ provider, access: "granular", deployments: [{ dseq: 1_764_000_000_000, gseq: 1, oseq: 2, scope: ["logs"] }] }],
    },
  });
});

describe("the list of deployments", () => {
  const item = (dseq: string, leaseOf: string) => ({
    deployment: { id: { owner: "akash1owner", dseq }, state: "active", hash: "aGFzaA==", created_at: "1" },
    leases: [
      {
        id: { owner: "akash1owner", dseq: leaseOf, gseq: 1, oseq: 1, provider: `provider-of-${leaseOf}`, bseq: 0 },
        state: "active",
        price: { denom: "uact", amount: "1.000000000000000000" },
        created_at: "2",
        closed_on: "0",
      },
    ],
    escrow_account: null,
    something: "new",
  });

  test("gives leases back to the deployments whose they are", () => {
    const page = {
      data: {
        deployments: [item("1", "3"), item("2", "1"), item("3", "1")],
        pagination: { total: 3, skip: 0, limit: 100, hasMore: false },
      },
    };
    const regrouped = regroup(deploymentPage.parse(page).data.deployments);
    const providers = regrouped.map(({ deployment, leases }) => [deployment.id.dseq, leases.map(({ id }) => id.provider)]);
    expect(providers).toEqual([
      ["1", ["provider-of-1"]],
      ["2", []],
      ["3", ["provider-of-3"]],
    ]);
  });

  test("takes numbers for texts, words that are not known, and nulls", () => {
    const odd = {
      ...item("1", "1"),
      leases: [{ ...item("1", "1").leases[0], id: { dseq: 1, gseq: "1", oseq: 1, provider: "p" }, state: "napping", status: null }],
    };
    const [one] = deploymentPage.parse({ data: { deployments: [odd] } }).data.deployments;
    expect(one?.leases[0]).toMatchObject({ id: { dseq: "1", gseq: 1 }, state: "unknown", status: null });
  });
});
