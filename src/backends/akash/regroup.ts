import type { Deployment } from "./wire.js";

/** Each deployment with the leases that are its own by their number: the Console's list may pair them with another one's. */
export function regroup(listed: readonly Deployment[]): readonly Deployment[] {
  const byDseq = new Map(listed.map((one) => [one.deployment.id.dseq, one]));
  const leases = leasesByDseq(listed);
  return [...byDseq].map(([dseq, one]) => ({ ...one, leases: leases.get(dseq) ?? [] }));
}

function leasesByDseq(listed: readonly Deployment[]): ReadonlyMap<string, Deployment["leases"]> {
  const byDseq = new Map<string, Map<string, Deployment["leases"][number]>>();
  for (const lease of listed.flatMap(({ leases }) => leases)) {
    const { dseq, gseq, oseq, provider } = lease.id;
    const own = byDseq.get(dseq) ?? new Map<string, Deployment["leases"][number]>();
    byDseq.set(dseq, own.set(`${gseq}/${oseq}/${provider}`, lease));
  }
  return new Map([...byDseq].map(([dseq, leases]) => [dseq, [...leases.values()]]));
}
