// Rents once from the daemon named by its arguments and says what it got, as a process that may die of it.
import { GolemNetwork } from "@golem-sdk/golem-js";

const [url, key, timeoutMs] = process.argv.slice(2);
const logger = { child: () => logger, debug() {}, info() {}, warn() {}, error() {} };
const network = new GolemNetwork({ logger, api: { url, key }, payment: { network: "hoodi" } });
await network.connect();
try {
  const rental = await network.oneOf({
    order: {
      demand: { workload: { imageHash: "ab".repeat(28), imageUrl: "http://images.simulated.invalid/work.gvmi" } },
      market: { rentHours: 0.5, pricing: { model: "linear", maxStartPrice: 1, maxCpuPerHourPrice: 1, maxEnvPerHourPrice: 1 } },
    },
    signalOrTimeout: Number(timeoutMs),
  });
  console.log(`rented from ${rental.agreement.provider.name}`);
  await rental.stopAndFinalize();
} catch (error) {
  console.log(`failed with ${error.constructor.name}: ${error.message}`);
}
await network.disconnect();
