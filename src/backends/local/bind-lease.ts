import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { pid } from "node:process";
import { isKey } from "../../kit/keys.js";
import { identifyProcess, writeJsonFile } from "../../kit/process/index.js";
import { confinedPath } from "../../kit/transfer/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { type Capacity, freeCapacity, timesFitting } from "./capacity.js";
import { inputsOf } from "./launch-command.js";
import { type Layout, leasePlace, makeLayout, placeAt } from "./layout.js";
import { type LeaseRecord, readLease } from "./lease-record.js";
import { finalCharge } from "./ledger.js";
import { withLock } from "./lock.js";

/** What {@link writeLease} needs beside the placement. */
export interface BindSetting {
  readonly backend: string;
  readonly layout: Layout;
  readonly usdPerHour: number;
  readonly total: () => Promise<Capacity>;
}

/** Begins the names of lease directories that are not complete yet. No key begins so. */
const UNFINISHED = ".new-";

/** A lease that was written down now, or earlier for the same key. */
export interface WrittenLease {
  readonly lease: LeaseRecord;
  readonly isNew: boolean;
}

/**
 * Takes capacity and writes a lease down; starts nothing. Between looking at what is free and taking it nobody else may
 * take any, so this happens under the directory's lock; the lease's directory appears complete, by one rename, which
 * also decides between two binds of one key.
 *
 * @throws NO_CAPACITY, OFFER_EXPIRED (the price rose above the cap), BACKEND_REJECTED (the key was used up),
 * INVALID_WORKLOAD (a path leads out)
 */
export async function writeLease(placement: Placement, setting: BindSetting, call: CallContext): Promise<WrittenLease> {
  checkPlacement(placement, setting);
  const { key } = placement;
  const { layout } = setting;
  const existing = await ownLease(key, setting, call);
  if (existing !== undefined) return { lease: existing, isNew: false };
  await makeLayout(layout);
  const total = await setting.total();
  return withLock(layout.lock, call, async () => {
    const meanwhile = await ownLease(key, setting, call);
    if (meanwhile !== undefined) return { lease: meanwhile, isNew: false };
    await removeUnfinished(layout);
    const { cpu, memoryMiB } = placement.launch.resources;
    if (timesFitting(await freeCapacity(total, layout, call.host), { cpu, memoryMiB }) < 1) {
      throw new SchedulerError("NO_CAPACITY", `This machine has no room for ${cpu} CPUs and ${memoryMiB} MiB beside its open leases now.`);
    }
    return { lease: await create(placement, setting, call), isNew: true };
  });
}

async function create(placement: Placement, setting: BindSetting, call: CallContext): Promise<LeaseRecord> {
  const { host } = call;
  const { launch, key } = placement;
  const owner = await identifyProcess(pid);
  if (owner === undefined)
    throw new SchedulerError("INVARIANT_BROKEN", "This process could not find itself in the process table.", { effect: "none" });
  const boundAtMs = host.now();
  const lease: LeaseRecord = {
    version: 1,
    key,
    namespace: call.namespace.id,
    backend: setting.backend,
    owner,
    cpu: launch.resources.cpu,
    memoryMiB: launch.resources.memoryMiB,
    usdPerHour: setting.usdPerHour,
    boundAtMs,
    lifetimeEndMs: boundAtMs + launch.maxLifetimeMs,
    nonce: launch.nonce,
  };
  const unfinished = placeAt(join(setting.layout.leases, UNFINISHED + host.newId()));
  try {
    for (const directory of [unfinished.directory, unfinished.root, unfinished.temporary]) await mkdir(directory, { mode: 0o700 });
    await writeJsonFile(unfinished.record, lease, host);
    await rename(unfinished.directory, leasePlace(setting.layout, key).directory);
  } catch (error) {
    await rm(unfinished.directory, { recursive: true, force: true });
    throw new SchedulerError("BACKEND_UNAVAILABLE", "The lease's directory could not be written.", { cause: error, effect: "none" });
  }
  return lease;
}

/** The open lease of this key, if it is ours. */
async function ownLease(key: string, setting: BindSetting, call: CallContext): Promise<LeaseRecord | undefined> {
  const lease = await readLease(setting.layout, key);
  if (lease !== undefined && (lease.namespace !== call.namespace.id || lease.backend !== setting.backend)) {
    throw rejected("the key belongs to a lease of somebody else in the same directory");
  }
  if (lease === undefined && (await finalCharge(setting.layout, key)) !== undefined)
    throw rejected("the lease of this key was released already");
  return lease;
}

function checkPlacement({ key, launch, priceCapUsdPerHour }: Placement, setting: BindSetting): void {
  if (!isKey(key)) throw rejected("the key must match [a-z][a-z0-9-]{0,47}");
  if (launch.argv.length === 0 || launch.argv[0] === "") throw rejected("the command is empty");
  for (const { path } of [...inputsOf(launch), ...launch.outputs]) confinedPath(setting.layout.base, path);
  if (setting.usdPerHour > priceCapUsdPerHour) {
    throw new SchedulerError("OFFER_EXPIRED", "An hour on this machine costs more now than the placement allows.");
  }
}

/** What a process that died inside the lock left behind; nobody else can be at work on it. */
async function removeUnfinished(layout: Layout): Promise<void> {
  for (const name of await readdir(layout.leases)) {
    if (name.startsWith(UNFINISHED)) await rm(join(layout.leases, name), { recursive: true, force: true });
  }
}

function rejected(why: string): SchedulerError {
  return new SchedulerError("BACKEND_REJECTED", `local() cannot bind this placement: ${why}.`);
}
