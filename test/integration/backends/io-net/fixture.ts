import { onTestFinished } from "vitest";
import { type IoNetOptions, ioNet } from "../../../../src/backends/io-net/index.js";
import type { Demand, Launch, LeaseRef, LeaseReport, Offer, Placement } from "../../../../src/kit/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { type IoNetSimulatorOptions, startIoNetSimulator } from "../../../../src/testing/io-net/index.js";
import { eventually } from "../../../support/eventually.js";

const HOUR_MS = 3_600_000;

export const DEMAND: Demand = {
  cpu: 2,
  memoryMiB: 4_096,
  diskMiB: 4_096,
  image: true,
  interruptible: true,
  maxLifetimeMs: HOUR_MS,
};

/** The backend on a simulator whose steps take milliseconds of real time. */
export async function onRealTime(habits: Partial<IoNetSimulatorOptions> = {}, options: IoNetOptions = {}) {
  const host = systemHost();
  const simulator = await startIoNetSimulator({
    host,
    requestMs: 5,
    pullMs: 5,
    urlMs: 5,
    destroyMs: 5,
    restartMs: 20,
    ...habits,
  });
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
    const key = launch.key ?? `testns-${host.newId()}`;
    return backend.bind(
      {
        key,
        offer: chosen,
        priceCapUsdPerHour: chosen.price.usdPerHour,
        rank: () => [],
        launch: {
          key,
          image: "registry.example/work:1",
          argv: ["true"],
          env: {},
          secrets: {},
          resources: { cpu: 2, memoryMiB: 4_096, diskMiB: 4_096 },
          inputs: [],
          outputs: [],
          timeoutMs: HOUR_MS,
          maxLifetimeMs: HOUR_MS,
          nonce: "00",
          labels: {},
          ...launch,
        },
        ...more,
      },
      call(),
    );
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
