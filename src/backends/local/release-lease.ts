import { readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { isKey } from "../../kit/keys.js";
import { stopProcess } from "../../kit/process/index.js";
import type { CallContext } from "../../spec/call-context.js";
import { type Layout, leasePlace } from "./layout.js";
import { type LeaseRecord, readLease } from "./lease-record.js";
import { closeAccount } from "./ledger.js";
import { ROOT_VARIABLE } from "./process-runtime.js";
import { removeDirectory } from "./remove-directory.js";
import type { CommandRuntime } from "./runtime.js";

/** Longest that one call waits for the command to end before it answers `pending`. */
const PATIENCE_MS = 1_000;

/**
 * Ends a lease: its command with everything that came from it, then the account, then the directory. A crash in between leaves a lease
 * that the next call finishes; the first final charge stands.
 */
export async function releaseLease(
  key: string,
  how: { readonly graceMs: number },
  setting: { readonly layout: Layout; readonly backend: string; readonly runtime: CommandRuntime },
  call: CallContext,
): Promise<"released" | "pending"> {
  if (!isKey(key)) return "released";
  const { layout, runtime } = setting;
  const lease = await readLease(layout, key);
  // A directory may be shared; what is not ours is unknown to us, and the unknown counts as released.
  if (lease !== undefined && !isOwn(lease, setting.backend, call)) return "released";
  if (lease !== undefined && !(await stopCommand(key, how.graceMs, layout, call))) return "pending";
  await runtime.remove(key, call);
  if (lease === undefined) return "released";
  await closeAccount(layout, lease, call.host);
  await discard(key, layout, call);
  return "released";
}

export const isOwn = (lease: LeaseRecord, backend: string, call: CallContext): boolean =>
  lease.namespace === call.namespace.id && lease.backend === backend;

async function stopCommand(key: string, graceMs: number, layout: Layout, call: CallContext): Promise<boolean> {
  const { host, signal } = call;
  const place = leasePlace(layout, key);
  const waitMs = Math.max(0, Math.min(PATIENCE_MS, (call.deadlineMs - host.now()) / 2));
  const marker = { name: ROOT_VARIABLE, value: place.root };
  return (await stopProcess(place.directory, { host, graceMs, waitMs, marker, signal })) === "stopped";
}

/** The lease is gone with the rename; the rest is tidying up, which may fail and be done later. */
async function discard(key: string, layout: Layout, call: CallContext): Promise<void> {
  const doomed = join(layout.trash, `${key}.${call.host.newId()}`);
  try {
    await rename(leasePlace(layout, key).directory, doomed);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  await removeDirectory(doomed).catch((error: unknown) => {
    call.logger.warn({ key, error }, "The directory of a released lease could not be removed yet; it will be tried again.");
  });
}

/** Removes what earlier releases could not. */
export async function emptyTrash(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.trash).catch(() => [])) await removeDirectory(join(layout.trash, name)).catch(() => undefined);
}
