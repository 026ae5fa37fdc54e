import { platform } from "node:process";
import { z } from "zod";
import { defineBackend } from "../../kit/define-backend.js";
import { findEach, inspectEach } from "../../kit/each.js";
import { followOutput } from "../../kit/process/index.js";
import { parseBackendOptions } from "../../kit/validation.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Lease, LeaseRef } from "../../model/lease.js";
import type { Backend } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import { writeLease } from "./bind-lease.js";
import { localCapabilities } from "./capabilities.js";
import { collectOutputs } from "./collect-outputs.js";
import { dockerRuntime } from "./docker/docker-runtime.js";
import { launchCommand } from "./launch-command.js";
import { Launches } from "./launches.js";
import { layoutOf, leasePlace } from "./layout.js";
import { type LeaseRecord, readLease, readLeases } from "./lease-record.js";
import { finalCharge, pruneLedger } from "./ledger.js";
import { listOffers } from "./list-offers.js";
import { type LocalOptions, localOptions } from "./options.js";
import { processRuntime } from "./process-runtime.js";
import { emptyTrash, isOwn, releaseLease } from "./release-lease.js";
import { reportOf, thisNode } from "./report.js";
import { standingOf } from "./standing.js";
import { totalCapacity } from "./total-capacity.js";

const KIND = "local";

/** `backendOptions.local`: there is nothing to choose. */
const workloadOptions = z.object({});

/**
 * Runs workloads on this machine, as child processes or in containers of its Docker engine.
 *
 * - Each attempt gets a directory, which is the command's working directory and what `SPILLWAY_ROOT` names. Paths of
 *   inputs and outputs are relative to it, absolute ones too: in `process` mode **`/out` of a workload is
 *   `$SPILLWAY_ROOT/out`**, since a plain process has no root directory of its own. In `docker` mode absolute paths are
 *   the container's, the directory is mounted at `/spillway`, and the working directory is the image's.
 * - The environment is what the workload declares, on top of `PATH` and `LANG` of the scheduler's process and a `HOME`
 *   and `TMPDIR` inside the attempt's directory. In `docker` mode it is the image's, with what the workload declares.
 *   Secrets are handed over in memory and are in no file of ours (a Docker engine keeps a container's environment in
 *   its own).
 * - The command runs in a process group of its own under a small supervisor that outlives the scheduler: limits are
 *   kept and the exit code is known although every scheduler process is gone. Whatever a command leaves running ends
 *   with it.
 * - CPUs and memory are counted, and in `docker` mode enforced. There is no sandbox in `process` mode: a command may do
 *   what the user may.
 * - Leases live in files of one directory, so another process finds them again with their exit codes, outputs and
 *   costs.
 *
 * Needs Linux or macOS.
 *
 * @throws INVALID_CONFIG naming the option; `usdPerHour` must be stated.
 *
 * @example
 * const scheduler = new Scheduler({ backends: [local({ usdPerHour: 0.05 })] });
 */
export function local(options: LocalOptions): Backend {
  return define(options);
}

const define = defineBackend({
  kind: KIND,
  options: localOptions,
  capabilities: localCapabilities,
  create(options, { id }) {
    requirePosix();
    const layout = layoutOf(options.directory, id);
    const machine = totalCapacity(options);
    const launches = new Launches();
    const runtime =
      options.runtime === "docker"
        ? dockerRuntime({ dockerPath: options.dockerPath })
        : processRuntime({ acceptImages: options.acceptImages });

    const refTo = (key: string): LeaseRef => ({ backend: id, key, data: { runtime: options.runtime } });

    async function ownLease(key: string, call: CallContext): Promise<LeaseRecord | undefined> {
      const lease = await readLease(layout, key);
      return lease !== undefined && isOwn(lease, id, call) ? lease : undefined;
    }

    async function describe(lease: LeaseRecord, call: CallContext): Promise<Lease> {
      const standing = await standingOf(lease, leasePlace(layout, lease.key), runtime, call);
      const report = { ...reportOf(lease, standing, call.host.now()), key: lease.key };
      return { ref: refTo(lease.key), price: { usdPerHour: lease.usdPerHour, source: "configured" }, node: thisNode(id), report };
    }

    return {
      async listOffers(demand, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, demand.options);
        await runtime.check(call);
        return listOffers(demand, { id, options, layout, total: await machine() }, call.host);
      },

      async bind(placement, call) {
        throwIfAborted(call);
        parseBackendOptions(KIND, workloadOptions, placement.options);
        runtime.accept(placement.launch);
        await runtime.check(call);
        const { lease, isNew } = await writeLease(placement, { backend: id, layout, usdPerHour: options.usdPerHour, total: machine }, call);
        if (isNew) {
          const { memoryCounters } = await machine();
          const setting = {
            lease,
            place: leasePlace(layout, lease.key),
            runtime,
            timeoutGraceMs: options.timeoutGraceMs,
            memoryCounters,
            host: call.host,
            logger: call.logger,
          };
          launches.start(lease.key, (abort) => launchCommand(placement.launch, { ...setting, abort }));
        }
        return describe(lease, call);
      },

      async find(intents, call) {
        throwIfAborted(call);
        return findEach(intents, call, async ({ key }) => {
          const lease = await ownLease(key, call);
          return lease === undefined ? undefined : describe(lease, call);
        });
      },

      async inspect(leases, call) {
        throwIfAborted(call);
        return inspectEach(leases, call, async ({ key }) => {
          const lease = await ownLease(key, call);
          const standing = lease && (await standingOf(lease, leasePlace(layout, key), runtime, call));
          // Looked at again: while it was read it may have been released, and then a file that is missing means nothing.
          if (lease && standing && (await ownLease(key, call))) return reportOf(lease, standing, call.host.now());
          const charge = await finalCharge(layout, key);
          return { kind: "gone", ...(charge === undefined ? {} : { charge }) };
        });
      },

      async release({ key }, how, call) {
        throwIfAborted(call);
        await launches.cancel(key, new SchedulerError("CANCELLED", "The lease is being released."));
        return releaseLease(key, how, { layout, backend: id, runtime }, call);
      },

      async listLeases(call) {
        throwIfAborted(call);
        await emptyTrash(layout);
        await pruneLedger(layout, call.host);
        const own = (await readLeases(layout)).filter((lease) => isOwn(lease, id, call)).map(({ key }) => key);
        return [...new Set([...own, ...(await runtime.strays(id, call))])].map(refTo);
      },

      async collect({ key }, plan, call) {
        throwIfAborted(call);
        const lease = await ownLease(key, call);
        if (lease === undefined) throw new SchedulerError("LEASE_LOST", "There is nothing to collect: the lease is gone.");
        return collectOutputs(lease, leasePlace(layout, key), plan, runtime, call);
      },

      async *logs({ key }, call) {
        const lease = await ownLease(key, call);
        if (lease === undefined) return;
        const place = leasePlace(layout, key);
        const standing = async () => ((await readLease(layout, key)) === undefined ? undefined : standingOf(lease, place, runtime, call));
        const over = async () => {
          const now = await standing();
          return now === undefined || now.kind === "exited" || now.kind === "failed";
        };
        yield* followOutput(place.directory, { host: call.host, signal: call.signal, over });
        const last = await standing();
        if (last?.kind === "failed") yield { stream: "system", text: `${last.error.message}\n`, atMs: call.host.now() };
      },

      // A launch that is given up would be a lease without a command; what is being staged is finished first.
      close: () => launches.settled(),
    };
  },
});

function throwIfAborted(call: CallContext): void {
  if (call.signal.aborted) throw call.signal.reason;
}

function requirePosix(): void {
  if (platform !== "win32") return;
  throw new SchedulerError(
    "INVALID_CONFIG",
    "local() needs process groups and signals, which Windows does not have: run it under Linux, macOS or WSL.",
    {
      details: { field: "runtime" },
    },
  );
}
