import { expect, it } from "vitest";
import { awsBatch } from "../../../../src/backends/aws-batch/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { startAwsBatchSimulator } from "../../../../src/testing/aws-batch/index.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { CREDENTIALS, DEMAND, FARGATE, RESOURCES } from "./fixture.js";

it("runs commands as child processes, with their exit codes, output and environment, and stops them", async () => {
  const host = systemHost();
  const times = { visibleMs: 0, submittedMs: 1, runnableMs: 1, startingMs: 1, terminateMs: 1, stopMs: 100 };
  const simulator = await startAwsBatchSimulator({ host, times, commands: "processes" });
  const backend = awsBatch({ region: "us-east-1", endpoint: simulator.endpoint, credentials: { ...CREDENTIALS }, queues: [FARGATE] });
  const call = () => testCallContext({ host });
  const bind = async (argv: readonly string[], env = {}) => {
    const [offer] = await backend.listOffers(DEMAND, call());
    if (offer === undefined) throw new Error("no offer");
    const key = `testns-${host.newId()}`;
    const parts = {
      secrets: {},
      resources: RESOURCES,
      inputs: [],
      outputs: [],
      timeoutMs: 60_000,
      maxLifetimeMs: 600_000,
      nonce: "n",
      labels: {},
    };
    const launch = { key, image: "busybox:1", argv, env, ...parts };
    return (await backend.bind({ key, offer, launch, priceCapUsdPerHour: 1, rank: () => [] }, call())).ref;
  };
  try {
    const printing = await bind(["sh", "-c", 'echo "hello $NAME"; [ "$SPILLWAY_ROOT" -ef . ] && exit 3'], { NAME: "you" });
    const sleeping = await bind(["sleep", "600"]);
    let text = "";
    for await (const chunk of backend.logs?.(printing, call()) ?? []) text += chunk.text;
    expect(text).toBe("hello you\n");
    expect(await backend.inspect([printing, sleeping], call())).toMatchObject([{ phase: "exited", exitCode: 3 }, { phase: "running" }]);
    while ((await backend.release(sleeping, { graceMs: 0 }, call())) === "pending")
      await new Promise((resolve) => host.setTimer(50, () => resolve(0)));
    expect(await backend.inspect([sleeping], call())).toMatchObject([{ phase: "ended", reason: "CANCELLED" }]);
  } finally {
    await backend.close?.();
    await simulator.close();
  }
});
