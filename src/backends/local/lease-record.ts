import { readdir } from "node:fs/promises";
import { z } from "zod";
import { isKey } from "../../kit/keys.js";
import { readJsonFile } from "../../kit/process/index.js";
import { type Layout, leasePlace } from "./layout.js";

const leaseRecord = z.object({
  version: z.literal(1),
  key: z.string(),
  /** Id of the namespace and of the backend that made it: a directory may be shared. */
  namespace: z.string(),
  backend: z.string(),
  /** The process that stages inputs and starts the command. If it dies before that, nobody does. */
  owner: z.object({ pid: z.int(), start: z.string() }),
  cpu: z.number(),
  memoryMiB: z.number(),
  usdPerHour: z.number(),
  boundAtMs: z.number(),
  /** The lease is over then, whatever happens. */
  lifetimeEndMs: z.number(),
  /** Echoed in the manifest. */
  nonce: z.string(),
});

/** A lease as its directory tells of it. Written once, before anything else happens; holds neither command nor environment. */
export type LeaseRecord = z.output<typeof leaseRecord>;

/** The record of an open lease. Nothing when there is none of that key. */
export async function readLease(layout: Layout, key: string): Promise<LeaseRecord | undefined> {
  return isKey(key) ? readJsonFile(leasePlace(layout, key).record, leaseRecord) : undefined;
}

/** Every lease that is open here, of whatever namespace and backend. */
export async function readLeases(layout: Layout): Promise<readonly LeaseRecord[]> {
  const names = await readdir(layout.leases).catch(() => []);
  const leases = await Promise.all(names.map((name) => readLease(layout, name)));
  return leases.filter((lease) => lease !== undefined);
}
