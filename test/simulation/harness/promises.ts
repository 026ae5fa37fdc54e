import type { LeaseRow } from "../../../src/model/lease.js";
import type { RunState } from "../../../src/model/run.js";
import type { Workload } from "../../../src/model/workload.js";
import type { Host } from "../../../src/spec/host.js";
import type { Launch } from "../../../src/spec/launch.js";
import type { Store } from "../../../src/spec/store.js";
import { defaultVirtualJob, type MemoryArtifacts, type SimulatedMarketplace } from "../../../src/testing/index.js";

/** What lies at the destination is the accepted result, and with verification it is the right one. */
export function resultViolations(state: RunState, artifacts: MemoryArtifacts, host: Host): readonly string[] {
  const { run, attempts } = state;
  const violations: string[] = [];
  for (const attempt of attempts) {
    for (const { uri, sha256 } of attempt.manifest?.outputs ?? []) {
      const kept = artifacts.objects.get(uri);
      if (kept !== undefined && host.sha256(kept) !== sha256)
        violations.push(`${run.id}: something overwrote the output of attempt ${attempt.number}`);
    }
  }
  const destination = run.workload.outputs["/out/result"]?.uri;
  if (run.status !== "succeeded" || destination === undefined) return violations;
  const bytes = artifacts.objects.get(destination);
  if (bytes === undefined) return [...violations, `${run.id}: nothing lies at the destination`];
  const accepted = attempts.find(({ number }) => number === run.winner)?.manifest?.outputs[0]?.sha256;
  if (host.sha256(bytes) !== accepted) violations.push(`${run.id}: what lies at the destination is not the accepted result`);
  // Liars of the simulated market lie each in their own way, so two that agree told the truth.
  if (run.workload.verification.kind !== "none" && new TextDecoder().decode(bytes) !== truth(run.workload)) {
    violations.push(`${run.id}: a wrong result was accepted in spite of verification`);
  }
  return violations;
}

/** What an honest node makes of a workload. */
function truth(workload: Workload): string {
  const launch = {
    image: workload.image,
    argv: workload.command,
    env: workload.env,
    inputs: [],
    outputs: [{ path: "/out/result", optional: false }],
  };
  const content = defaultVirtualJob(launch as unknown as Launch).outputs?.["/out/result"];
  return typeof content === "string" ? content : "";
}

/** How long after its time an idle lease may still be open: its process may have died, and another one has to notice. */
const IDLE_ALLOWANCE_MS = 300_000;

/** No idle lease waits longer than it may. */
export function overdue(states: readonly RunState[], nowMs: number): readonly string[] {
  return states
    .flatMap(({ leases }) => leases)
    .filter(({ owner, state, idleUntilMs = nowMs }) => owner.kind === "warm" && state === "open" && nowMs > idleUntilMs + IDLE_ALLOWANCE_MS)
    .map(({ key }) => `${key}: is idle for longer than it may be`);
}

/**
 * A lease that a seller makes after its own deadline and that ends by itself before the reconciler could have seen it for
 * its grace period is on no receipt: nobody can ask for what nobody knows.
 */
const UNSEEN_MS = 30 * 60_000;

/** Everybody who has used a lease, under the key by which its seller knows it. */
function usesBySellersKey(leases: readonly LeaseRow[]): ReadonlyMap<string, readonly LeaseRow[]> {
  const uses = new Map<string, LeaseRow[]>();
  for (const lease of leases) {
    const key = lease.ref?.key ?? lease.key;
    uses.set(key, [...(uses.get(key) ?? []), lease]);
  }
  return uses;
}

/** Every cent that a seller charges is on a receipt, nothing stays on hold, nothing goes over a cap. */
export async function moneyViolations(
  states: readonly RunState[],
  markets: readonly SimulatedMarketplace[],
  store: Store,
): Promise<readonly string[]> {
  const violations: string[] = [];
  const leases = new Map(states.flatMap((state) => state.leases.map((lease) => [lease.key, lease] as const)));
  const uses = usesBySellersKey([...leases.values()]);
  for (const line of markets.flatMap((market) => market.ledger())) {
    const lease = leases.get(line.key);
    if (lease === undefined) violations.push(`${line.key}: the seller charges for a lease that no run knows`);
    else if (lease.state === "absent" && line.openMs < UNSEEN_MS) continue;
    else {
      const charged = (uses.get(line.key) ?? []).reduce((sum, { charge }) => sum + (charge?.amount ?? 0n), 0n);
      if (charged !== line.amount && line.final)
        violations.push(`${line.key}: the seller charges ${line.amount}, the receipts say ${charged}`);
    }
  }
  const accounts = [...new Set(states.flatMap((state) => state.leases.flatMap((lease) => lease.accounts)))];
  for (const { account, held, spent } of await store.balances(accounts)) {
    if (held !== 0n) violations.push(`account ${account} still holds ${held}`);
    const charged = [...leases.values()]
      .filter((lease) => lease.accounts.includes(account))
      .reduce((sum, lease) => sum + (lease.charge?.amount ?? 0n), 0n);
    if (spent !== charged) violations.push(`account ${account} has spent ${spent}, its leases were charged ${charged}`);
  }
  return violations;
}
