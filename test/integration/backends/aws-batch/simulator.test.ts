import {
  BatchClient,
  CancelJobCommand,
  DescribeJobsCommand,
  ListJobsCommand,
  RegisterJobDefinitionCommand,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TerminateJobCommand,
  TerminateJobsCommand,
} from "@aws-sdk/client-batch";
import { afterEach, describe, expect, it } from "vitest";
import type { AwsBatchSimulatorOptions } from "../../../../src/testing/aws-batch/index.js";
import { CREDENTIALS, stages } from "./fixture.js";

const stage = stages();
const clients: BatchClient[] = [];
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await stage.close();
});

/** The SDK itself on the simulator, without our backend. */
async function open(simulated: Partial<AwsBatchSimulatorOptions> = {}, maxAttempts = 1) {
  const one = await stage.open(simulated);
  const client = new BatchClient({ region: "us-east-1", endpoint: one.simulator.endpoint, credentials: { ...CREDENTIALS }, maxAttempts });
  clients.push(client);
  const requirements = (vcpus: string, memory: string) => [
    { type: "VCPU" as const, value: vcpus },
    { type: "MEMORY" as const, value: memory },
  ];
  const register = () =>
    client.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: "work",
        type: "container",
        platformCapabilities: ["FARGATE"],
        containerProperties: {
          image: "work:1",
          resourceRequirements: requirements("0.25", "512"),
          executionRoleArn: "arn:aws:iam::1:role/x",
        },
      }),
    );
  const { jobDefinitionArn } = await register();
  const submit = (more: Partial<SubmitJobCommandInput> = {}) =>
    client.send(
      new SubmitJobCommand({
        jobName: "job",
        jobQueue: "fargate",
        jobDefinition: jobDefinitionArn,
        containerOverrides: { command: ["sleep", "600000"] },
        ...more,
      }),
    );
  const describe = async (...ids: (string | undefined)[]) =>
    (await client.send(new DescribeJobsCommand({ jobs: ids.map((id) => id ?? "") }))).jobs ?? [];
  return { ...one, host: one.host, simulator: one.simulator, client, register, submit, describe, requirements };
}

describe("the simulator", () => {
  it("refuses what is not signed for the service", async () => {
    const { simulator } = await open();
    const ask = (authorization?: string) =>
      fetch(`${simulator.endpoint}/v1/describejobs`, {
        method: "POST",
        body: '{"jobs":[]}',
        headers: authorization === undefined ? {} : { authorization, "x-amz-date": "20260101T000000Z" },
      });
    expect((await ask()).status).toBe(403);
    const signed = (service: string): string =>
      `AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;
    expect((await ask(signed("s3"))).headers.get("x-amzn-errortype")).toBe("SignatureDoesNotMatch");
    expect((await ask(signed("batch"))).status).toBe(200);
  });

  it("makes a revision of every registration, also of the same content", async () => {
    const { register } = await open();
    expect((await register()).revision).toBe(2);
    expect((await register()).revision).toBe(3);
  });

  it.each([
    ["a bad name", { jobName: "-bad" }, /jobName/],
    ["an unknown queue", { jobQueue: "nowhere" }, /JobQueue/],
    ["an unknown definition", { jobDefinition: "x:1" }, /JobDefinition/],
    ["a short timeout", { timeout: { attemptDurationSeconds: 59 } }, /attemptDurationSeconds/],
    ["a share without a policy", { shareIdentifier: "a" }, /shareIdentifier/],
    ["a variable of its own", { containerOverrides: { environment: [{ name: "AWS_BATCH_X", value: "" }] } }, /AWS_BATCH/],
    ["51 tags", { tags: Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`t${index}`, ""])) }, /50 tags/],
    ["too much", { containerOverrides: { command: ["x".repeat(31_000)] } }, /30 KiB/],
    [
      "a size that Fargate does not sell",
      { containerOverrides: { resourceRequirements: [{ type: "MEMORY" as const, value: "600" }] } },
      /Fargate/,
    ],
  ])("refuses %s as the service does", async (_what, request, message) => {
    const { submit, simulator } = await open();
    await expect(submit(request)).rejects.toMatchObject({ name: "ClientException", message: expect.stringMatching(message) });
    expect(simulator.jobs()).toEqual([]);
  });

  it("shows jobs late, describes a hundred at most, and moves them through every state", async () => {
    const { submit, describe, host } = await open();
    const { jobId } = await submit({ timeout: { attemptDurationSeconds: 60 } });
    expect(await describe(jobId)).toEqual([]);
    await expect(describe(...Array.from({ length: 101 }, () => jobId))).rejects.toMatchObject({ name: "ClientException" });
    const seen: unknown[] = [];
    for (let second = 0; second < 100; second++) {
      await host.advance(1_000);
      const [job] = await describe(jobId);
      if (job !== undefined && job.status !== seen.at(-1)) seen.push(job.status);
    }
    expect(seen).toEqual(["RUNNABLE", "STARTING", "RUNNING", "FAILED"]);
    expect((await describe(jobId))[0]).toMatchObject({
      statusReason: "Job attempt duration exceeded timeout",
      container: { exitCode: 137 },
    });
  });

  it("cancels only what does not run, terminates everything, and knows nothing of what is unknown", async () => {
    const { submit, describe, host, client } = await open();
    const [waiting, running, other] = [await submit(), await submit(), await submit()];
    await client.send(new CancelJobCommand({ jobId: waiting.jobId, reason: "c" }));
    await host.advance(30_000);
    await client.send(new CancelJobCommand({ jobId: running.jobId, reason: "c" }));
    await host.advance(30_000);
    expect((await describe(waiting.jobId, running.jobId)).map(({ status, isCancelled }) => [status, isCancelled])).toEqual([
      ["FAILED", true],
      ["RUNNING", false],
    ]);
    await client.send(new TerminateJobCommand({ jobId: running.jobId, reason: "t" }));
    const jobs = [other.jobId ?? "", "11111111-1111-1111-1111-111111111111"];
    expect((await client.send(new TerminateJobsCommand({ jobs, reason: "t" }))).successful).toHaveLength(2);
    expect((await describe(running.jobId))[0]?.status).toBe("RUNNING");
    await host.advance(10_000);
    for (const job of await describe(running.jobId, other.jobId))
      expect(job).toMatchObject({ status: "FAILED", isTerminated: true, statusReason: "t" });
  });

  it("lists by status, RUNNING unless told otherwise, or by one filter whatever the status, the most recent first", async () => {
    const { submit, host, client } = await open({ pageSize: 2 });
    for (const jobName of ["a-1", "A-2", "a-3", "b-1"]) {
      await submit({ jobName });
      await host.advance(10);
    }
    await host.advance(5_000);
    const list = (request: object) => client.send(new ListJobsCommand({ jobQueue: "fargate", ...request }));
    expect((await list({})).jobSummaryList).toEqual([]);
    expect((await list({ jobStatus: "RUNNABLE" })).jobSummaryList).toHaveLength(4);
    const filters = [{ name: "JOB_NAME", values: ["a-*"] }];
    const first = await list({ filters });
    expect(first.jobSummaryList?.map(({ jobName }) => jobName)).toEqual(["a-3", "A-2"]);
    expect((await list({ filters, nextToken: first.nextToken })).jobSummaryList?.map(({ jobName }) => jobName)).toEqual(["a-1"]);
    await expect(list({ filters: [...filters, ...filters] })).rejects.toMatchObject({ name: "ClientException" });
  });

  it("charges running time by the second, a minute at least, and waiting not at all", async () => {
    const queues = [{ name: "fargate", platform: "fargate", usdPerVcpuHour: 0.04, usdPerGiBHour: 0.004 }] as const;
    const { submit, host, simulator } = await open({ queues });
    await submit({ containerOverrides: { command: ["sleep", "90500"] } });
    await submit({ containerOverrides: { command: ["exit", "0"] } });
    await host.advance(15_000);
    expect(simulator.ledger().map(({ amount }) => amount)).toEqual([0n, 0n]);
    await host.advance(300_000);
    // A quarter of a vCPU and half a GiB: 0.012 USD an hour.
    expect(simulator.ledger().map(({ amount }) => amount)).toEqual([303_334n, 200_000n]);
    expect(simulator.ledger()[0]?.vcpuHours).toBeCloseTo((0.25 * 91) / 3_600, 9);
  });

  it("refuses calls beyond the rate, and the SDK left to itself makes three jobs of one submission that fails after its effect", async () => {
    const slow = await open({ callsPerSecond: 2 });
    await slow.describe("x");
    await slow.describe("x");
    await expect(slow.describe("x")).rejects.toMatchObject({ name: "TooManyRequestsException", $metadata: { httpStatusCode: 429 } });
    const eager = await open({}, 3);
    eager.simulator.faults.inject("server-error-after-effect", "submitjob", 3);
    await expect(eager.submit()).rejects.toThrow();
    expect(eager.simulator.jobs()).toHaveLength(3);
  });
});
