import { onTestFinished } from "vitest";
import { type IoNetOptions, ioNet } from "../../../../src/backends/io-net/index.js";
import type { Launch, LeaseRef, LeaseReport, Offer, Placement } from "../../../../src/kit/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { type IoNetSimulatorOptions, startIoNetSimulator } from "../../../../src/testing/io-net/index.js";
import { QUICK_IO_NET } from "../../../conformance/backends/io-net-setup.js";
import { eventually } from "../../../support/eventually.js";
import { DEMAND, placementOf } from "../support/placement.js";

/** The backend on a simulator whose steps take milliseconds of real time. */
export async function onRealTime(habits: Partial<IoNetSimulatorOptions> = {}, options: IoNetOptions = {}) {
  const host = systemHost();
  const simulator = await startIoNetSimulator({ host, ...QUICK_IO_NET, ...habits });
  onTestFinished(() => simulator.close());
  const backend = ioNet({ apiKey: simulator.apiKey, baseUrl: simulator.url, ...options });
  const call = () => testCallContext({ host });
  const offer = async (): Promise<Offer> => {
    const [first] = await backend.listOffers(DEMAND, call());
    if (first === undefined) throw new Error("There is no offer.");
    return first;
  };
  const bind = async (launch: Partial<Launch>, more: Partial<Placement> = {}) => {
    const chosen = more.offer ?? (await offer());
    const parts = { priceCapUsdPerHour: chosen.price.usdPerHour, ...more };
    return backend.bind(placementOf(host, chosen, { argv: ["true"], ...launch }, parts), call());
  };
  const report = async (ref: LeaseRef): Promise<LeaseReport> => {
    const [one] = await backend.inspect([ref], call());
    if (one === undefined) throw new Error("There is no report.");
    return one;
  };
  const released = (ref: LeaseRef) =>
    eventually(async () => (await backend.release(ref, { graceMs: 0 }, call())) === "released", "the release");
  return { host, simulator, backend, call, offer, bind, report, released };
}
