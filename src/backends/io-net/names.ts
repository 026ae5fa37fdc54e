import { isKey } from "../../kit/keys.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Namespace } from "../../spec/call-context.js";

const PREFIX = "spw-";

/** Names of deployments. A list shows nothing else that we chose, so the name alone tells whose a deployment is: `spw-<namespace>-<key>`. */
export function nameOf(key: string, namespace: Pick<Namespace, "id">): string {
  if (isKey(key)) return `${PREFIX}${namespace.id}-${key}`;
  throw new SchedulerError("INVARIANT_BROKEN", "A placement key must match [a-z][a-z0-9-]{0,47}.", { effect: "none" });
}

/** The key behind a name of our namespace, or nothing. Ids of namespaces hold no dash, so that none is the beginning of another. */
export function keyOf(name: string, namespace: Pick<Namespace, "id">): string | undefined {
  const begin = `${PREFIX}${namespace.id}-`;
  const key = name.startsWith(begin) ? name.slice(begin.length) : "";
  return isKey(key) ? key : undefined;
}
