/**
 * Holds a simulator in a process of its own, so that what it costs is not counted as the backend's. Time passes when the benchmark says so.
 */
import { createVirtualHost } from "../../src/testing/virtual-host.js";
import type { Simulated, SimulatorRequest } from "./simulated.js";
import { simulateAwsBatch } from "./simulated-aws-batch.js";
import { simulateGcpBatch } from "./simulated-gcp-batch.js";

const host = createVirtualHost();
let simulated: Simulated | undefined;

const open = async ({ backend, lifetimesMs }: SimulatorRequest & { readonly do: "open" }): Promise<object> => {
  simulated = await (backend === "aws-batch" ? simulateAwsBatch : simulateGcpBatch)(host, lifetimesMs);
  return { port: simulated.port, leases: simulated.leases, nowMs: host.now() };
};

process.on("message", (request: SimulatorRequest) => {
  const answer = async (): Promise<object> => {
    if (request.do === "open") return open(request);
    await host.advance(request.ms);
    const { user, system } = process.cpuUsage();
    return { calls: simulated?.calls() ?? 0, cpuMs: (user + system) / 1_000 };
  };
  answer().then(
    (message) => process.send?.(message),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});

// The benchmark is gone.
process.on("disconnect", () => process.exit());
