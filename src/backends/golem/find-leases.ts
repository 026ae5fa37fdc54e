import { omitUndefined } from "../../kit/omit-undefined.js";
import type { Finding, LeaseRef } from "../../model/lease.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Intent } from "../../spec/launch.js";
import { type Desk, openAgreements } from "./desk.js";
import { readRef, refTo } from "./reference.js";
import { isAllocationOf } from "./tags.js";

/**
 * What there is of leases, by the daemon's own books: agreements by the session tag and the key in their demand, funds by the tag in their amount.
 * Both survive this process.
 */
export async function findLeases(
  intents: readonly Intent[],
  isBinding: (key: string) => boolean,
  desk: Desk,
  call: CallContext,
): Promise<readonly Finding[]> {
  if (intents.length === 0) return [];
  const [agreements, allocations] = await Promise.all([openAgreements(desk, call), desk.yagna.allocations(call)]);
  return intents.map(({ key, partial }): Finding => {
    const lease = desk.sessions.get(key)?.lease;
    if (lease !== undefined) return { kind: "bound", key, lease };
    if (isBinding(key)) return { kind: "unknown", key };
    const { usdPerGlm, allocation: noted } = partial === undefined ? {} : readRef(partial);
    const funds = allocations.find((one) => one.allocationId === noted || isAllocationOf(one, key, call.host));
    const agreement = agreements.find((one) => one.key === key)?.agreementId;
    const ref = refTo(desk.backend, key, omitUndefined({ agreement, allocation: funds?.allocationId, usdPerGlm }));
    if (agreement !== undefined) return { kind: "bound", key, lease: { ref } };
    return funds === undefined ? { kind: "absent", key } : { kind: "partial", key, ref };
  });
}

/** Leases of the namespace that are open, being opened or not yet settled. */
export async function listLeases(desk: Desk, call: CallContext): Promise<readonly LeaseRef[]> {
  const agreements = await openAgreements(desk, call);
  const refs = new Map<string, LeaseRef>();
  for (const { agreementId, key } of agreements) refs.set(key, refTo(desk.backend, key, { agreement: agreementId }));
  for (const [key, { ref, namespace }] of desk.sessions) {
    if (namespace.id === call.namespace.id && ref !== undefined) refs.set(key, ref);
  }
  return [...refs.values()];
}
