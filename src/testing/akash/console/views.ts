import type { SimulatedDeployment } from "../chain/deployment.js";
import type { Escrow } from "../chain/escrow.js";
import type { Lease } from "../chain/lease.js";
import type { Bid } from "../chain/market.js";
import { OWNER } from "../identities.js";
import { showDec, UACT } from "../sdl/units.js";

const DENOM = "uact";
/** What a provider stakes on a bid. */
const BID_DEPOSIT = 500_000n * UACT;

/** Who a view is for. */
export interface Viewer {
  readonly contract: "aug" | "sep";
  /** Live status of a lease, or null where the provider did not answer. */
  readonly statusOf: (lease: Lease) => object | null;
  readonly height: number;
}

const coin = (amount: bigint) => ({ denom: DENOM, amount: showDec(amount) });
const iso = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

export const bidId = (dseq: string, bid: Bid) => ({
  owner: OWNER,
  dseq,
  gseq: bid.gseq,
  oseq: bid.oseq,
  provider: bid.provider.address,
  bseq: bid.bseq,
});

export function viewBid(dseq: string, bid: Bid): object {
  const { provider, price, spec, height, state } = bid;
  const { reclamationWindowS } = provider.options;
  const account = `${OWNER}/${dseq}/${bid.gseq}/${bid.oseq}/${provider.address}`;
  return {
    bid: {
      id: bidId(dseq, bid),
      state,
      price: coin(price),
      created_at: String(height),
      resources_offer: spec.resources.map(({ unit, count }) => ({
        resources: {
          id: unit.id,
          cpu: { units: { val: String(unit.milliCpu) }, attributes: unit.cpuAttributes },
          memory: { quantity: { val: String(unit.memoryBytes) }, attributes: [] },
          storage: unit.storage.map(({ name, bytes, attributes }) => ({ name, quantity: { val: String(bytes) }, attributes })),
          gpu: {
            units: { val: String(unit.gpus) },
            attributes: unit.gpus === 0 ? [] : offeredGpu(bid, unit.gpuAttributes),
          },
          endpoints: unit.endpoints.map(({ kind = 0, sequence_number }) => ({ kind: KINDS[kind], sequence_number })),
        },
        count,
      })),
      ...(reclamationWindowS === undefined ? {} : { reclamation_window: `${reclamationWindowS}s` }),
    },
    escrow_account: {
      id: { scope: "bid", xid: account },
      state: {
        owner: provider.address,
        state: state === "open" || state === "active" ? "open" : "closed",
        transferred: [],
        settled_at: String(height),
        funds: [coin(state === "open" || state === "active" ? BID_DEPOSIT : 0n)],
        deposits: [{ owner: provider.address, height: String(height), source: "balance", balance: coin(BID_DEPOSIT) }],
      },
    },
  };
}

const KINDS = ["SHARED_HTTP", "RANDOM_PORT", "LEASED_IP"];

/** The provider says which of the models that were asked for it has. */
function offeredGpu(bid: Bid, asked: readonly { readonly key: string }[]) {
  return bid.provider
    .gpusFor(asked)
    .slice(0, 1)
    .map(({ model, ram, interface: bus }) => ({ key: `vendor/nvidia/model/${model}/ram/${ram}/interface/${bus}`, value: "true" }));
}

function viewEscrow(dseq: string, escrow: Escrow): object {
  return {
    id: { scope: "deployment", xid: `${OWNER}/${dseq}` },
    state: {
      owner: OWNER,
      state: escrow.state,
      transferred: [coin(escrow.transferred)],
      settled_at: String(escrow.settledAt),
      funds: [coin(escrow.funds)],
      deposits: escrow.deposits.map(({ height, uact }) => ({
        owner: OWNER,
        height: String(height),
        source: "grant",
        balance: coin(uact * UACT),
      })),
    },
  };
}

export function viewLease(dseq: string, lease: Lease, contract: "aug" | "sep"): object {
  const { reclamation } = lease;
  return {
    id: bidId(dseq, lease.bid),
    state: lease.state,
    price: coin(lease.bid.price),
    created_at: String(lease.height),
    closed_on: String(lease.closedOn),
    ...(lease.reason === undefined ? {} : { reason: lease.reason }),
    ...(contract === "aug" || reclamation === undefined
      ? {}
      : {
          reclamation: {
            window: `${Math.round((reclamation.deadlineMs - reclamation.startedAtMs) / 1_000)}s`,
            started_at: iso(reclamation.startedAtMs),
            deadline: iso(reclamation.deadlineMs),
            reason: "lease_closed_reason_decommission",
          },
        }),
  };
}

function viewChainDeployment({ dseq, state, hash, createdAt }: SimulatedDeployment): object {
  return { id: { owner: OWNER, dseq }, state, hash, created_at: String(createdAt) };
}

/** Deployment, leases with live status, and escrow. */
export function viewDetail(deployment: SimulatedDeployment, { contract, statusOf }: Viewer): object {
  const { dseq, request, leases, escrow, hash } = deployment;
  return {
    deployment: viewChainDeployment(deployment),
    leases: leases.map((lease) => ({ ...viewLease(dseq, lease, contract), status: statusOf(lease) })),
    escrow_account: viewEscrow(dseq, escrow),
    ...(contract === "aug" ? {} : { name: request.name ?? null, consoleSettings: { sdl: request.sdlText, manifestVersion: hash } }),
  };
}

/** One item of the list; the leases are whoever's the list has paired with it. */
export function viewListItem(deployment: SimulatedDeployment, paired: SimulatedDeployment, contract: "aug" | "sep"): object {
  return {
    deployment: viewChainDeployment(deployment),
    leases: paired.leases.map((lease) => viewLease(paired.dseq, lease, contract)),
    escrow_account: viewEscrow(deployment.dseq, deployment.escrow),
    ...(contract === "aug" ? {} : { name: deployment.request.name ?? null }),
  };
}

const BLOCKS_PER_MONTH = 600 * 24 * 30.437;

/** The public page of a deployment, which needs no key. */
export function viewPublic(deployment: SimulatedDeployment, sha256: (text: string) => string): object {
  const { dseq, state, escrow, leases, events, closedAtMs, createdAtMs, createdAt } = deployment;
  return {
    owner: OWNER,
    dseq,
    status: state,
    balance: Number(escrow.funds / UACT),
    denom: DENOM,
    createdHeight: createdAt,
    createdDate: iso(createdAtMs),
    closedDate: iso(closedAtMs),
    totalMonthlyCostUDenom: Math.round((Number(escrow.rate) / 1e18) * BLOCKS_PER_MONTH),
    leases: leases.map((lease) => ({
      gseq: lease.bid.gseq,
      oseq: lease.bid.oseq,
      status: lease.active ? "active" : "closed",
      provider: { address: lease.bid.provider.address, hostUri: lease.bid.provider.hostUri },
      createdDate: iso(lease.atMs),
      closedDate: iso(lease.closedAtMs),
    })),
    events: events.map(({ type, atMs }, index) => ({ txHash: sha256(`${dseq} ${index}`).toUpperCase(), date: iso(atMs), type })),
    other: {
      deployment: viewChainDeployment(deployment),
      groups: deployment.groups.map(({ gseq, state: groupState }) => ({ id: { owner: OWNER, dseq, gseq }, state: groupState })),
      escrow_account: viewEscrow(dseq, escrow),
    },
  };
}

/** How long leases lasted, for audits of bills. */
export function viewDurations(deployments: readonly SimulatedDeployment[], height: number, nowMs: number): object {
  return {
    leases: deployments.flatMap(({ dseq, leases }) =>
      leases.map((lease) => ({
        dseq,
        gseq: lease.bid.gseq,
        oseq: lease.bid.oseq,
        provider: lease.bid.provider.address,
        startHeight: lease.height,
        startDate: iso(lease.atMs),
        closedHeight: lease.closedOn,
        closedDate: iso(lease.closedAtMs ?? nowMs),
        durationInBlocks: (lease.closedOn === 0 ? height : lease.closedOn) - lease.height,
        durationInSeconds: Math.round(((lease.closedAtMs ?? nowMs) - lease.atMs) / 1_000),
      })),
    ),
  };
}
