import { isKey } from "../../kit/keys.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../model/lease.js";
import type { Host } from "../../spec/host.js";

/** Job ids may have 63 characters of `[a-z0-9-]` and must not end with a dash, which a key may do: hence something at both ends. */
const BEFORE = "spillway-";
const AFTER = "-job";

/** The id of the job of a placement key. */
export function jobIdOf(key: string): string {
  if (isKey(key)) return `${BEFORE}${key}${AFTER}`;
  throw new SchedulerError("INVARIANT_BROKEN", "A placement key must match [a-z][a-z0-9-]{0,47}.", { effect: "none" });
}

/** The key behind a job's full name, or nothing when the job was not made here. */
export function keyOfJob(name: string): string | undefined {
  const id = name.slice(name.lastIndexOf("/") + 1);
  if (!id.startsWith(BEFORE) || !id.endsWith(AFTER) || id.length <= BEFORE.length + AFTER.length) return undefined;
  const key = id.slice(BEFORE.length, -AFTER.length);
  return isKey(key) ? key : undefined;
}

/** Names jobs of one project and location. */
export interface JobNames {
  readonly parent: string;
  refTo(key: string): LeaseRef;
  /** Full name of a lease's job. A reference keeps its own project and location, should the configuration have moved on since. */
  nameOf(ref: LeaseRef): string;
}

/** Makes {@link JobNames} for `projects/<project>/locations/<location>`. */
export function createJobNames(backend: string, project: string, location: string): JobNames {
  const parent = `projects/${project}/locations/${location}`;
  const nameOfKey = (key: string): string => `${parent}/jobs/${jobIdOf(key)}`;
  return {
    parent,
    refTo: (key) => ({ backend, key, data: { job: nameOfKey(key) } }),
    nameOf({ key, data }) {
      const stored = typeof data === "object" && data !== null && "job" in data ? data.job : undefined;
      return typeof stored === "string" && keyOfJob(stored) === key ? stored : nameOfKey(key);
    },
  };
}

/**
 * A UUID that is always the same for a key: Batch drops a second request of the same id. It only asks for the form of a UUID; the digest is
 * SHA-256, laid out as version 5 lays out its own.
 */
export function requestIdOf(key: string, host: Pick<Host, "sha256">): string {
  const hex = host.sha256(`spillway gcp-batch ${key}`);
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, variant + hex.slice(17, 20), hex.slice(20, 32)].join("-");
}
