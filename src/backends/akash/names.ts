import { isKey, isOurs } from "../../kit/keys.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Namespace } from "../../spec/call-context.js";

/** Ends the name of a key that begins with its namespace anyway, as those of the runtime do. */
const WHOLE = "-0";
/** Ends the name of any other key, before which the namespace was put. */
const PREFIXED = "-1";

/**
 * What an attempt is called at Akash: name of the deployment, where the Console keeps names, and of its service, which the provider shows in the
 * lease's status. A DNS label of at most 63 characters; those of the runtime have at most 50, which leaves room for what providers append.
 */
export function nameOf(key: string, namespace: Pick<Namespace, "id">): string {
  if (!isKey(key)) throw new SchedulerError("INVARIANT_BROKEN", "A placement key must match [a-z][a-z0-9-]{0,47}.", { effect: "none" });
  return isOurs(key, namespace) ? `${key}${WHOLE}` : `${namespace.id}-${key}${PREFIXED}`;
}

/** The key behind a name of our namespace, or nothing. Ids of namespaces hold no dash, so that none is the beginning of another. */
export function keyOf(name: string, namespace: Pick<Namespace, "id">): string | undefined {
  const begin = `${namespace.id}-`;
  if (!name.startsWith(begin)) return undefined;
  if (name.endsWith(WHOLE)) return keyOrNothing(name.slice(0, -WHOLE.length));
  return name.endsWith(PREFIXED) ? keyOrNothing(name.slice(begin.length, -PREFIXED.length)) : undefined;
}

const keyOrNothing = (text: string): string | undefined => (isKey(text) ? text : undefined);
