import { expect, onTestFinished } from "vitest";
import { type AkashOptions, akash } from "../../../../src/backends/akash/index.js";
import type { CallContext, Demand, Launch, LeaseRef, LeaseReport, Offer, Placement } from "../../../../src/kit/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { type SimulatedAkashOptions, startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createAkash, QUICK_AKASH } from "../../../conformance/backends/akash-setup.js";
import { DEMAND, placementOf } from "../support/placement.js";

const HOUR_MS = 3_600_000;

/** The backend on a simulator on virtual time. `done` lets as much of it pass as a promise needs. */
export async function onVirtualTime(habits: Partial<SimulatedAkashOptions> = {}, options: AkashOptions = {}) {
  const on = await createAkash(habits, options);
  const { backend, host, simulator, advance, another } = on;
  if (advance === undefined || another === undefined) throw new Error("There is no virtual time.");
  onTestFinished(() => simulator.close());
  const call = (parts: Partial<CallContext> = {}) => testCallContext({ host, deadlineMs: host.now() + 10 * 60_000, ...parts });
  const done = async <T>(promise: Promise<T>, stepMs = 1_000): Promise<T> => {
    let over = false;
    const end = (): void => {
      over = true;
    };
    promise.then(end, end);
    for (let step = 0; !over && step < 3_600; step += 1) await advance(stepMs);
    return promise;
  };
  const offers = (demand: Demand = DEMAND) => done(backend.listOffers(demand, call()));
  const offer = async (demand: Demand = DEMAND): Promise<Offer> => {
    const [first] = await offers(demand);
    if (first === undefined) throw new Error("There is no offer.");
    return first;
  };
  const placement = async (launch: Partial<Launch> = {}, more: Partial<Placement> = {}): Promise<Placement> =>
    placementOf(host, more.offer ?? (await offer()), launch, more);
  const bind = async (launch: Partial<Launch> = {}, more: Partial<Placement> = {}, parts: Partial<CallContext> = {}) =>
    done(backend.bind(await placement(launch, more), call(parts)));
  const report = async (ref: LeaseRef): Promise<LeaseReport> => {
    const [one] = await done(backend.inspect([ref], call()));
    if (one === undefined) throw new Error("There is no report.");
    return one;
  };
  /** Asks every five seconds. */
  const untilPhase = async (ref: LeaseRef, phase: string, limitMs = HOUR_MS): Promise<Extract<LeaseReport, { kind: "status" }>> => {
    const endMs = host.now() + limitMs;
    for (;;) {
      const one = await report(ref);
      if (one.kind === "status" && one.phase === phase) return one;
      if (host.now() > endMs) throw new Error(`It did not become ${phase}: ${JSON.stringify(one)}`);
      await advance(5_000);
    }
  };
  const released = async (ref: LeaseRef): Promise<void> => {
    while ((await done(backend.release(ref, { graceMs: 0 }, call()))) === "pending") await advance(1_000);
  };
  const find = async (key: string, partial?: LeaseRef) => {
    const [finding] = await done(backend.find([{ key, intendedAtMs: host.now(), ...(partial ? { partial } : {}) }], call()));
    return finding;
  };
  /** Lets seconds pass until something has come true, and what is on the sockets arrive. */
  const until = async (isTrue: () => boolean, what: string): Promise<void> => {
    for (let step = 0; !isTrue(); step += 1) {
      if (step > 2_000) throw new Error(`${what} did not come true.`);
      await advance(1_000);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  /** Nothing is open, nothing is locked, and what was charged stays as it is. */
  const standsStill = async (): Promise<void> => {
    expect(simulator.openDeployments()).toEqual([]);
    const before = [...simulator.ledger().values()];
    expect(before.map(({ locked }) => locked)).toEqual(before.map(() => 0n));
    await advance(HOUR_MS);
    expect([...simulator.ledger().values()]).toEqual(before);
  };
  const dseq = (ref: LeaseRef): string => (ref.data as { readonly dseq: string }).dseq;
  return {
    backend,
    host,
    simulator,
    advance,
    another,
    until,
    call,
    done,
    offers,
    offer,
    placement,
    bind,
    report,
    untilPhase,
    released,
    find,
    standsStill,
    dseq,
  };
}

/** The backend on a simulator whose steps take milliseconds of real time. */
export async function onRealTime(habits: Partial<SimulatedAkashOptions> = {}, options: AkashOptions = {}) {
  const host = systemHost();
  const simulator = await startSimulatedAkash({ host, ...QUICK_AKASH, ...habits });
  onTestFinished(() => simulator.close());
  const backend = akash({
    apiKey: simulator.apiKey,
    baseUrl: simulator.url,
    proxyUrl: simulator.providerProxyUrl,
    bidWindowMs: 300,
    logIdleMs: 2_000,
    ...options,
  });
  const call = () => testCallContext({ host });
  const bind = async (launch: Partial<Launch>) => {
    const [offer] = await backend.listOffers(DEMAND, call());
    if (offer === undefined) throw new Error("There is no offer.");
    return backend.bind(placementOf(host, offer, launch), call());
  };
  return { host, simulator, backend, call, bind };
}
