import type { Finding, LeaseRef } from "../model/lease.js";
import type { Backend } from "../spec/backend.js";
import type { CallContext } from "../spec/call-context.js";

/**
 * A `find` that asks `listLeases` once and matches by key. A key that is not listed is absent, unless a partial reference
 * was stored for it: then that reference is given back, so that whatever it names is released.
 *
 * Right only where names are unique at the platform and `listLeases` shows a lease until it is released.
 */
export function findByKey(listLeases: (call: CallContext) => Promise<readonly LeaseRef[]>): Backend["find"] {
  return async (intents, call) => {
    const byKey = new Map((await listLeases(call)).map((ref) => [ref.key, ref]));
    return intents.map(({ key, partial }): Finding => {
      const ref = byKey.get(key);
      if (ref !== undefined) return { kind: "bound", key, lease: { ref } };
      return partial === undefined ? { kind: "absent", key } : { kind: "partial", key, ref: partial };
    });
  };
}
