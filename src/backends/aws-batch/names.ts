import { isKey } from "../../kit/keys.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Namespace } from "../../spec/call-context.js";

/** Tags on every job: the join with the cost report, and what is ours. */
export const TAGS = {
  namespace: "spillway-namespace",
  key: "spillway-key",
  usdPerHour: "spillway-usd-per-hour",
  /** Set on a job that had ended by itself when its lease was released: such a job cannot be removed and shows for days. */
  released: "spillway-released",
} as const;

/** Begins the reason of our own terminations; what follows is for people. Reasons come back with the job. */
export const OUR_REASON = "spillway:";

type NamespaceId = Pick<Namespace, "id">;

/** Job names: prefix, namespace, `_` and key. Longest 40 + 12 + 1 + 48 of 128 characters. Neither namespaces nor keys hold a `_`. */
export interface JobNames {
  toName(key: string, namespace: NamespaceId): string;
  /** The key of a job of ours, or nothing. */
  toKey(name: string, namespace: NamespaceId): string | undefined;
}

/** Makes the naming for a prefix. */
export function createJobNames(prefix: string): JobNames {
  const begin = (namespace: NamespaceId): string => `${prefix}${namespace.id}_`;
  return {
    toName(key, namespace) {
      if (!isKey(key)) throw new SchedulerError("INVARIANT_BROKEN", "aws-batch was given something that is no placement key.");
      return begin(namespace) + key;
    },
    toKey(name, namespace) {
      const key = name.startsWith(begin(namespace)) ? name.slice(begin(namespace).length) : "";
      return isKey(key) ? key : undefined;
    },
  };
}
