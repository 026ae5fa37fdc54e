import { sleep } from "../../kit/sleep.js";
import type { OutputArtifact, ResultManifest } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Finding, Lease, LeaseRef, LeaseReport } from "../../model/lease.js";
import type { Demand, Offer } from "../../model/offer.js";
import { BACKEND_SPEC_VERSION } from "../../spec/backend.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Intent, Launch, LogChunk, OutputPlan, Placement } from "../../spec/launch.js";
import { batchKey, type FaultVerb } from "../faults/fault-port.js";
import type { CompleteBackend } from "../faults/with-faults.js";
import { within } from "../range.js";
import { identityRandom } from "../seeded-random.js";
import type { Binding } from "./binding.js";
import { corrupt } from "./corrupt.js";
import type { OutputFile } from "./execution.js";
import { type LeaseBook, refOf } from "./lease-book.js";
import type { Listing } from "./listing.js";
import type { MarketLease } from "./market-lease.js";
import { fits } from "./node.js";
import { type ReportContext, reportOn } from "./report.js";
import type { ResolvedMarketplace } from "./resolve-options.js";
import type { World } from "./world.js";

/** The parts a {@link MarketBackend} is made of. */
export interface MarketParts {
  readonly market: ResolvedMarketplace;
  readonly world: World;
  readonly book: LeaseBook;
  readonly listing: Listing;
  readonly binding: Binding;
}

/** The simulated market behind the backend contract, without faults of calls: those are put around it. */
export class MarketBackend implements CompleteBackend {
  readonly specVersion = BACKEND_SPEC_VERSION;
  readonly id: string;
  readonly kind: string;
  readonly capabilities: Capabilities;
  readonly #parts: MarketParts;
  readonly #reports: ReportContext;
  /** Calls so far, by verb and key. */
  readonly #calls = new Map<string, number>();

  constructor(parts: MarketParts) {
    const { market, world } = parts;
    this.#parts = parts;
    this.id = market.id;
    this.kind = market.kind;
    this.capabilities = market.capabilities;
    const { statusPort } = market.capabilities;
    this.#reports = {
      backend: market.id,
      seed: market.seed,
      world,
      unknownShare: market.faults.unknownShare ?? 0,
      ...(statusPort === undefined ? {} : { statusPort }),
    };
  }

  async listOffers(demand: Demand, call: CallContext): Promise<readonly Offer[]> {
    await this.#arrive("listOffers", "", call);
    const { listing } = this.#parts;
    return listing.available(demand).map((node) => listing.offer(node, listing.priceNow(node)));
  }

  async bind(placement: Placement, call: CallContext): Promise<Lease> {
    await this.#arrive("bind", placement.key, call);
    return this.#parts.binding.bind(placement, call);
  }

  async find(intents: readonly Intent[], call: CallContext): Promise<readonly Finding[]> {
    await this.#arrive("find", batchKey(intents), call);
    await this.#refresh(intents);
    return intents.map((intent) => this.#find(intent));
  }

  async inspect(leases: readonly LeaseRef[], call: CallContext): Promise<readonly LeaseReport[]> {
    await this.#arrive("inspect", batchKey(leases), call);
    await this.#refresh(leases);
    return leases.map(({ key }) => {
      const lease = this.#parts.book.leases.get(key);
      return lease === undefined ? { kind: "gone", key } : reportOn(lease, this.#reports);
    });
  }

  async release(ref: LeaseRef, how: { readonly graceMs: number }, call: CallContext): Promise<"released" | "pending"> {
    await this.#arrive("release", ref.key, call);
    const { world, book, binding } = this.#parts;
    binding.closeOrder(ref.key);
    const lease = book.leases.get(ref.key);
    if (lease === undefined) return "released";
    const nowMs = world.now();
    if (!Number.isFinite(lease.releaseAskedAtMs)) {
      lease.releaseAskedAtMs = nowMs;
      book.note({ atMs: nowMs, event: "release-asked", key: lease.key, node: lease.node.id });
    }
    const stopped = await lease.stint.execution.stop(how.graceMs);
    const doneMs = lease.releaseAskedAtMs + (lease.ending().atMs <= lease.releaseAskedAtMs ? 0 : lease.stint.fate.releasePendingMs);
    if (!stopped || world.now() < doneMs) return "pending";
    await Promise.all(lease.stints.map((stint) => stint.execution.dispose()));
    if (!Number.isFinite(lease.releasedAtMs)) {
      lease.releasedAtMs = Math.max(doneMs, lease.releaseAskedAtMs);
      book.note({ atMs: world.now(), event: "released", key: lease.key, node: lease.node.id });
    }
    return "released";
  }

  async listLeases(call: CallContext): Promise<readonly LeaseRef[]> {
    await this.#arrive("listLeases", "", call);
    const { book, market } = this.#parts;
    const ours = [...book.leases.values()].filter((lease) => lease.namespace === call.namespace.id && this.#isListed(lease));
    const orders = [...book.orders.values()].filter((order) => order.namespace === call.namespace.id && !order.closed);
    return [
      ...ours.map((lease) => refOf(market.id, lease.key, { node: lease.node.id })),
      ...orders.map((order) => refOf(market.id, order.key, { order: `order-${order.key}` })),
    ];
  }

  async start(ref: LeaseRef, launch: Launch, call: CallContext): Promise<void> {
    await this.#arrive("start", launch.key, call);
    const { world, binding } = this.#parts;
    const lease = this.#lease(ref);
    await this.#refresh([ref]);
    if (lease.stints.some((stint) => stint.launch.key === launch.key)) return;
    if (!lease.occupiesAt(world.now()) || Number.isFinite(lease.releaseAskedAtMs)) throw lost("The simulated lease is over.");
    if (lease.stateAt(world.now()).phase !== "exited") throw rejected("The lease still runs another command.");
    if (!fits(lease.node, launch.resources)) throw rejected("The launch asks for more than the lease has.");
    binding.begin(lease, launch);
  }

  async collect(ref: LeaseRef, outputs: OutputPlan, call: CallContext): Promise<ResultManifest> {
    await this.#arrive("collect", ref.key, call);
    const { world } = this.#parts;
    const lease = this.#lease(ref);
    await this.#refresh([ref]);
    const nowMs = world.now();
    if (!lease.occupiesAt(nowMs) || Number.isFinite(lease.releaseAskedAtMs))
      throw lost("The simulated node is gone, and with it what the command left behind.");
    const state = lease.stateAt(nowMs);
    if (state.phase !== "exited") throw rejected("The command has not ended yet.");
    const { launch } = lease.stint;
    const collected: OutputArtifact[] = [];
    for (const { path, optional } of outputs.outputs) {
      // After a failure whatever can be handed over is.
      const files = await lease.stint.execution.files(path).catch((error: unknown) => {
        if (state.exitCode === 0) throw error;
        return [];
      });
      if (files.length === 0 && !optional && state.exitCode === 0) {
        throw new SchedulerError("OUTPUT_MISSING", `The command succeeded but left nothing at ${path}.`, {
          details: { field: `outputs.${path}` },
        });
      }
      for (const file of files) collected.push(await this.#handOver(lease, path, file, outputs));
    }
    this.#parts.book.note({ atMs: world.now(), event: "collected", key: launch.key, node: lease.node.id, detail: collected.length });
    return {
      version: 1,
      exitCode: state.exitCode,
      startedAtMs: Math.round(world.toWallMs(state.startedAtMs)),
      endedAtMs: Math.round(world.toWallMs(state.endedAtMs)),
      outputs: collected,
      nonce: launch.nonce,
    };
  }

  async *logs(ref: LeaseRef, call: CallContext): AsyncIterable<LogChunk> {
    await this.#arrive("logs", ref.key, call);
    const { world } = this.#parts;
    const lease = this.#lease(ref);
    yield* lease.stint.execution.logs(call, () => !lease.occupiesAt(world.now()));
  }

  /** Ends the commands that only this process can keep alive. A virtual market goes on without its clients, as a real one does. */
  async close(): Promise<void> {
    if (this.capabilities.affinity !== "process") return;
    const stints = [...this.#parts.book.leases.values()].flatMap((lease) => lease.stints);
    await Promise.all(stints.map((stint) => stint.execution.dispose()));
  }

  /** A request reaches the market: time goes on, and the market learns whose time it is. */
  async #arrive(verb: FaultVerb, key: string, call: CallContext): Promise<void> {
    const { world, market } = this.#parts;
    world.enter(call.host);
    if (call.signal.aborted) throw call.signal.reason;
    const latencyMs = market.options.latencyMs ?? 0;
    if (latencyMs === 0) return;
    const identity = `${verb}/${key}`;
    const count = this.#calls.get(identity) ?? 0;
    this.#calls.set(identity, count + 1);
    await sleep(within(latencyMs, identityRandom(market.seed, "latency", identity, count)), call);
  }

  async #refresh(items: readonly { readonly key: string }[]): Promise<void> {
    await Promise.all(items.map(({ key }) => this.#parts.book.leases.get(key)?.stint.execution.refresh()));
  }

  #lease(ref: LeaseRef): MarketLease {
    const lease = this.#parts.book.leases.get(ref.key);
    if (lease === undefined) throw lost("The simulated market knows no such lease.");
    return lease;
  }

  #find({ key, partial }: Intent): Finding {
    const { book, world, binding, market } = this.#parts;
    const lease = book.leases.get(key);
    if (lease !== undefined && this.#isVisible(lease)) {
      const nowMs = world.now();
      if (identityRandom(market.seed, "find", key, lease.asked++).chance(market.faults.unknownShare ?? 0)) return { kind: "unknown", key };
      if (nowMs < lease.releasedAtMs && nowMs < lease.goneAtMs()) return { kind: "bound", key, lease: binding.leaseOf(lease) };
      return { kind: "absent", key };
    }
    const order = book.orders.get(key);
    if (order !== undefined && !order.closed)
      return { kind: "partial", key, ref: partial ?? refOf(market.id, key, { order: `order-${key}` }) };
    return { kind: "absent", key };
  }

  #isVisible(lease: MarketLease): boolean {
    return this.#parts.world.now() >= lease.boundAtMs + (lease.stints[0]?.fate.hiddenMs ?? 0);
  }

  /** Open as far as answers know: late to appear, and as late to disappear. */
  #isListed(lease: MarketLease): boolean {
    const nowMs = this.#parts.world.now();
    const { hiddenMs, reportLagMs } = lease.stint.fate;
    if (!this.#isVisible(lease) || nowMs >= lease.releasedAtMs + hiddenMs || nowMs >= lease.goneAtMs()) return false;
    const ending = lease.ending();
    return ending.silentMs > 0 || nowMs < ending.atMs + reportLagMs;
  }

  async #handOver(lease: MarketLease, path: string, file: OutputFile, outputs: OutputPlan): Promise<OutputArtifact> {
    const lie = lease.stint.fate.corrupt;
    let body = file.body;
    if (lie instanceof Uint8Array) body = { bytes: lie };
    else if (lie) body = { bytes: corrupt(await file.read(), lease.node.spec.collusion ?? lease.node.id, `${path}/${file.member}`) };
    const artifact = await outputs.put(path, file.member, body);
    lease.egress.set(`${lease.stint.launch.key} ${path} ${file.member}`, artifact.size);
    return { ...artifact, path, member: file.member };
  }
}

function lost(why: string): SchedulerError {
  return new SchedulerError("LEASE_LOST", why);
}

function rejected(why: string): SchedulerError {
  return new SchedulerError("BACKEND_REJECTED", `The simulated market refused: ${why}`);
}
