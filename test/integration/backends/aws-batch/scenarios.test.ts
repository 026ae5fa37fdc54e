import { BatchClient } from "@aws-sdk/client-batch";
import { afterEach, describe, expect, it } from "vitest";
import type { AwsBatchOptions } from "../../../../src/backends/aws-batch/index.js";
import { type LeaseReport, Secret } from "../../../../src/kit/index.js";
import type { AwsBatchSimulatorOptions } from "../../../../src/testing/aws-batch/index.js";
import { CREDENTIALS, DEMAND, EC2, FARGATE, jobIdOf, type Stage, stages } from "./fixture.js";

const stage = stages();
afterEach(() => stage.close());

const operations = ({ simulator }: Stage, name: string): number => simulator.requests.filter(({ operation }) => operation === name).length;

/** How a command ends on a queue. */
async function endOf(one: Stage, argv: readonly string[], options: Partial<AwsBatchOptions> = {}): Promise<LeaseReport | undefined> {
  const backend = one.backend(options);
  const lease = await one.bind(backend, argv);
  for (let turn = 0; turn < 60; turn++) {
    await one.host.advance(10_000);
    const report = await one.inspect(backend, lease);
    if (report?.kind !== "status" || report.phase === "exited" || report.phase === "ended") return report;
  }
  return one.inspect(backend, lease);
}

describe("job definitions", () => {
  it("are registered once for an image, however many jobs start at once, and found by other processes", async () => {
    const one = await stage.open();
    const backend = one.backend();
    const placements = await Promise.all(Array.from({ length: 5 }, () => one.placement(backend, ["exit", "0"])));
    await Promise.all(placements.map((placement) => backend.bind(placement, one.call())));
    await one.bind(one.backend(), ["exit", "1"], { env: { OTHER: "x" }, timeoutMs: 1_000 });
    expect([...one.simulator.definitionRevisions().values()]).toEqual([1]);
    expect(operations(one, "registerjobdefinition")).toBe(1);
    expect(operations(one, "describejobdefinitions")).toBe(2);
    await one.bind(backend, ["exit", "0"], { image: "another:2" });
    expect([...one.simulator.definitionRevisions().values()]).toEqual([1, 1]);
  });

  it("are asked for again when the registration fails, and no job is made", async () => {
    const one = await stage.open();
    const backend = one.backend();
    const placement = await one.placement(backend, ["exit", "0"]);
    one.simulator.faults.inject("server-error", "registerjobdefinition");
    await expect(backend.bind(placement, one.call())).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
    expect(one.simulator.jobs()).toEqual([]);
    await backend.bind(placement, one.call());
    expect(one.simulator.jobs()).toHaveLength(1);
  });
});

describe("submissions", () => {
  it("are sent again when they were refused for calling too often, and only then", async () => {
    const one = await stage.open();
    const backend = one.backend();
    const placement = await one.placement(backend, ["exit", "0"]);
    one.simulator.faults.inject("rate-limited", "bind", 2);
    await one.settle(backend.bind(placement, one.call()), 200);
    expect(operations(one, "submitjob")).toBe(3);
    expect(one.simulator.jobs()).toHaveLength(1);
  });

  it.each(["server-error-after-effect", "malformed"] as const)("are sent once through a client that retries: %s", async (fault) => {
    const one = await stage.open();
    const client = new BatchClient({
      region: "us-east-1",
      endpoint: one.simulator.endpoint,
      credentials: { ...CREDENTIALS },
      maxAttempts: 4,
    });
    const backend = one.backend({ client });
    const placement = await one.placement(backend, ["sleep", "1000"]);
    one.simulator.faults.inject(fault, "bind", 9);
    await expect(backend.bind(placement, one.call())).rejects.toMatchObject({ effect: "unknown" });
    expect(operations(one, "submitjob")).toBe(1);
    one.simulator.faults.clear();
    await one.host.advance(5_000);
    const [finding] = await backend.find([{ key: placement.key, intendedAtMs: one.host.now() }], one.call());
    expect(finding?.kind).toBe("bound");
    client.destroy();
  });

  it("of one key by two processes leave one job once the second looks again", async () => {
    const one = await stage.open();
    const [first, second] = [one.backend(), one.backend()];
    const placement = await one.placement(first, ["sleep", "9000000"]);
    await Promise.all([first.bind(placement, one.call()), second.bind(placement, one.call())]);
    expect(one.simulator.jobs()).toHaveLength(2);
    await one.host.advance(5_000);
    const [finding] = await one.backend().find([{ key: placement.key, intendedAtMs: one.host.now() }], one.call());
    expect(finding).toMatchObject({ kind: "bound", lease: { ref: { data: { duplicates: [expect.any(String)] } } } });
    const lease = await one.backend().bind(placement, one.call());
    await one.host.advance(5_000);
    const left = one.simulator.jobs().filter(({ status }) => status !== "FAILED");
    expect(left.map(({ id }) => id)).toEqual([jobIdOf(lease)]);
  });

  it("release duplicates together with the job that was found", async () => {
    const one = await stage.open();
    const placement = await one.placement(one.backend(), ["sleep", "9000000"]);
    await Promise.all([one.backend().bind(placement, one.call()), one.backend().bind(placement, one.call())]);
    await one.host.advance(5_000);
    const backend = one.backend();
    const [ref] = await backend.listLeases(one.call());
    if (ref === undefined) throw new Error("nothing is listed");
    expect(await backend.release(ref, { graceMs: 0 }, one.call())).toBe("pending");
    await one.host.advance(10_000);
    expect(await backend.release(ref, { graceMs: 0 }, one.call())).toBe("released");
    expect(one.simulator.jobs().map(({ status }) => status)).toEqual(["FAILED", "FAILED"]);
  });
});

describe("what Batch refuses", () => {
  const refused = async (simulated: object, options: Partial<AwsBatchOptions>, launch: object = {}, demand = DEMAND) => {
    const one = await stage.open({ queues: [{ name: "fargate", platform: "fargate", ...simulated }] });
    const good = await stage.open();
    const placement = await good.placement(good.backend(), ["exit", "0"], launch);
    const backend = one.backend(options);
    let offers: unknown;
    await backend.listOffers(demand, one.call()).catch((error: unknown) => {
      offers = error;
    });
    const error: unknown = await one.settle(backend.bind(placement, one.call()), 100).catch((thrown: unknown) => thrown);
    expect(one.simulator.jobs()).toEqual([]);
    return { error, offers };
  };

  it.each([
    ["an unknown queue", { name: "elsewhere" }, {}, {}, "BACKEND_REJECTED", /queues/],
    ["a disabled queue", { state: "DISABLED" }, {}, {}, "BACKEND_REJECTED", /queues/],
    ["a missing share identifier", { fairShare: true }, {}, {}, "BACKEND_REJECTED", /shareIdentifier/],
    ["an oversized environment", {}, {}, { env: { BIG: "x".repeat(31_000) } }, "UNSUPPORTED_WORKLOAD", /input files/],
    ["a variable of Batch's own", {}, {}, { env: { AWS_BATCH_JOB_ID: "x" } }, "UNSUPPORTED_WORKLOAD", /AWS_BATCH/],
    ["a variable without a name", {}, {}, { env: { "": "x" } }, "UNSUPPORTED_WORKLOAD", /Rename or drop/],
    ["an equals sign in a variable's name", {}, {}, { env: { "A=B": "x" } }, "UNSUPPORTED_WORKLOAD", /Rename or drop/],
    ["a null character", {}, {}, { env: { A: "a\0b" } }, "UNSUPPORTED_WORKLOAD", /null character/],
    ["an image's name that is too long", {}, {}, { image: `x/${"y".repeat(255)}` }, "UNSUPPORTED_WORKLOAD", /255/],
    [
      "a registry without a secret",
      {},
      {},
      { registry: { server: "ghcr.io", username: "u", password: new Secret("p") } },
      "UNSUPPORTED_WORKLOAD",
      /registrySecrets/,
    ],
  ])("is a coded error that says what to change, and leaves no job: %s", async (_what, simulated, options, launch, code, text) => {
    const { error } = await refused(simulated, options, launch);
    expect(error).toMatchObject({ code, effect: "none", message: expect.stringMatching(text) });
  });

  const ROLE = "arn:aws:iam::123456789012:role/other";
  it.each<[string, Partial<AwsBatchSimulatorOptions>, Partial<AwsBatchOptions>, string, RegExp]>([
    ["another region", { region: "eu-west-1" }, {}, "BACKEND_REJECTED", /`queues` and `region`/],
    [
      "a role that is not there",
      { roles: [FARGATE.executionRoleArn] },
      { queues: [{ ...FARGATE, jobRoleArn: ROLE }] },
      "BACKEND_AUTH_FAILED",
      /jobRoleArn/,
    ],
    ["an execution role that may not be passed", { roles: [ROLE] }, {}, "BACKEND_AUTH_FAILED", /executionRoleArn.*iam:PassRole/],
    ["expired credentials", { expiredKeyIds: [CREDENTIALS.accessKeyId] }, {}, "BACKEND_AUTH_FAILED", /have expired\. Renew them/],
  ])("is found out by %s, and leaves no job", async (_what, simulated, options, code, text) => {
    const good = await stage.open();
    const placement = await good.placement(good.backend(), ["exit", "0"]);
    const one = await stage.open(simulated);
    const backend = one.backend(options);
    await expect(one.settle(backend.bind(placement, one.call()), 100)).rejects.toMatchObject({
      code,
      effect: "none",
      message: expect.stringMatching(text),
    });
    expect(one.simulator.jobs()).toEqual([]);
    expect([...one.simulator.definitionRevisions()]).toEqual([]);
    expect(one.simulator.requests.some(({ operation }) => operation === "submitjob")).toBe(false);
  });

  it("are only labels that tags cannot hold: they stay away, and the job is made", async () => {
    const one = await stage.open();
    const backend = one.backend();
    const labels = { good: "é ü 世界", "aws:no": "x", bad: "a\u0007b", ["x".repeat(129)]: "y", "emoji 🙂": "z" };
    await one.bind(backend, ["print", "🙂 \u0007"], { labels, env: { TEXT: '🙂\n"quoted"' } });
    expect(one.simulator.jobs()).toMatchObject([{ argv: ["print", "🙂 \u0007"], env: { TEXT: '🙂\n"quoted"' } }]);
    expect(Object.keys(one.simulator.jobs()[0]?.tags ?? {}).sort()).toEqual([
      "good",
      "spillway-key",
      "spillway-namespace",
      "spillway-usd-per-hour",
    ]);
  });

  it("shows when offers are asked for: unknown queues, refused credentials", async () => {
    expect((await refused({ name: "elsewhere" }, {})).offers).toMatchObject({
      code: "BACKEND_REJECTED",
      message: expect.stringMatching(/region/),
    });
    const one = await stage.open();
    one.simulator.faults.inject("unauthorized", "listOffers", 9);
    await expect(one.backend().listOffers(DEMAND, one.call())).rejects.toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "none" });
  });

  it("leaves disabled queues out of the offers", async () => {
    const one = await stage.open({
      queues: [
        { name: "fargate", platform: "fargate" },
        { name: "ec2", platform: "ec2", state: "DISABLED" },
      ],
    });
    const offers = await one.backend({ queues: [FARGATE, EC2] }).listOffers(DEMAND, one.call());
    expect(offers.map(({ id }) => id)).toEqual(["fargate"]);
  });
});

describe("how jobs end", () => {
  const spot = (more: object) => [{ name: "ec2", platform: "ec2" as const, ...more }];
  const ec2 = { queues: [EC2] };

  it("a queue without capacity: pending, then no capacity, and nothing is charged", async () => {
    const one = await stage.open({ queues: spot({ stuck: "CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY" }) });
    expect(await endOf(one, ["exit", "0"], ec2)).toMatchObject({ phase: "ended", reason: "NO_CAPACITY", charge: { amount: 0n } });
  });

  it("a queue that waits without a word stays pending: the provisioning deadline decides", async () => {
    const one = await stage.open({ queues: spot({ stuck: "" }) });
    expect(await endOf(one, ["exit", "0"], ec2)).toMatchObject({ phase: "pending" });
  });

  it("a full queue: the next job starts when the one before has ended", async () => {
    const one = await stage.open({ queues: spot({ maxVcpus: 1 }) });
    const backend = one.backend(ec2);
    const [first, second] = [await one.bind(backend, ["sleep", "60000"]), await one.bind(backend, ["exit", "0"])];
    await one.host.advance(40_000);
    expect(await one.inspect(backend, first)).toMatchObject({ phase: "running" });
    expect(await one.inspect(backend, second)).toMatchObject({ phase: "pending" });
    await one.host.advance(60_000);
    expect(await one.inspect(backend, second)).toMatchObject({ phase: "exited", exitCode: 0 });
  });

  it("a reclaim, also of a command that ends with 0 when it is told to stop", async () => {
    for (const word of ["sleep", "trap"]) {
      const one = await stage.open({ queues: spot({ reclaimAfterMs: 30_000 }) });
      expect(await endOf(one, [word, "9000000"], ec2)).toMatchObject({ phase: "ended", reason: "PREEMPTED" });
    }
  });

  it("a reclaim on Fargate", async () => {
    const one = await stage.open({ queues: [{ name: "fargate", platform: "fargate", reclaimAfterMs: 30_000 }] });
    expect(await endOf(one, ["sleep", "9000000"])).toMatchObject({ phase: "ended", reason: "PREEMPTED" });
  });

  it("out of memory, a pull that fails, the lifetime", async () => {
    const one = await stage.open();
    expect(await endOf(one, ["oom"])).toMatchObject({ phase: "exited", exitCode: 137, reason: "WORKLOAD_OUT_OF_MEMORY" });
    expect(await endOf(one, ["pull-fails", "manifest unknown"])).toMatchObject({ phase: "ended", reason: "IMAGE_PULL_FAILED" });
    const backend = one.backend();
    const lease = await one.bind(backend, ["sleep", "9000000"], { maxLifetimeMs: 120_000 });
    await one.host.advance(180_000);
    expect(await one.inspect(backend, lease)).toMatchObject({ phase: "ended", reason: "WORKLOAD_TIMED_OUT" });
  });

  it("a job that Batch has forgotten is gone", async () => {
    const one = await stage.open();
    const backend = one.backend();
    const lease = await one.bind(backend, ["exit", "0"]);
    await one.host.advance(8 * 86_400_000);
    expect(await one.inspect(backend, lease)).toEqual({ kind: "gone", key: lease.ref.key });
  });
});

describe("many jobs", () => {
  it("are listed over several pages and described a hundred at a time", async () => {
    const one = await stage.open({ pageSize: 7, statusPageSize: 11 });
    const backend = one.backend({ callsPerSecond: 1_000 });
    const leases = [];
    for (let count = 0; count < 130; count++) leases.push(await one.bind(backend, ["sleep", "9000000"]));
    await one.host.advance(60_000);
    const keys = leases.map(({ ref }) => ref.key).sort();
    expect((await backend.listLeases(one.call())).map(({ key }) => key).sort()).toEqual(keys);
    // An hour later they are no longer among those just made, but still run.
    await one.host.advance(3_600_000 - 200_000);
    const before = operations(one, "describejobs");
    const reports = await backend.inspect(
      leases.map(({ ref }) => ref),
      one.call(),
    );
    expect(reports.map((report) => report.kind === "status" && report.phase)).toEqual(leases.map(() => "running"));
    expect(operations(one, "describejobs") - before).toBe(2);
  });

  it("keep to the rate of calls, and to half of it after a throttle", async () => {
    const one = await stage.open();
    const backend = one.backend({ callsPerSecond: 2 });
    const fromMs = one.host.monotonic();
    const ask = (times: number) =>
      one.settle(Promise.all(Array.from({ length: times }, () => backend.listOffers(DEMAND, one.call()))), 100);
    await ask(18);
    const tookMs = one.host.monotonic() - fromMs;
    // Eight at once, ten more at two a second.
    expect(tookMs).toBeGreaterThanOrEqual(5_000);
    expect(tookMs).toBeLessThan(6_500);
    one.simulator.faults.inject("rate-limited", "submitjob");
    const placement = await one.settle(one.placement(backend, ["exit", "0"]), 100);
    await one.settle(backend.bind(placement, one.call()), 100);
    const slowFromMs = one.host.monotonic();
    await ask(10);
    expect(one.host.monotonic() - slowFromMs).toBeGreaterThanOrEqual(8_000);
  });
});
