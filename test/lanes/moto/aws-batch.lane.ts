import {
  BatchClient,
  CreateComputeEnvironmentCommand,
  CreateJobQueueCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobsCommand,
} from "@aws-sdk/client-batch";
import { beforeAll, describe, expect, it } from "vitest";
import { awsBatch } from "../../../src/backends/aws-batch/index.js";
import type { Backend, Demand, Lease, Placement } from "../../../src/kit/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import { testCallContext } from "../../../src/testing/call-context.js";

const endpoint = process.env["MOTO_ENDPOINT"] ?? "";
const region = "us-east-1";
const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" };
const client = new BatchClient({ endpoint, region, credentials });
const host = systemHost();
const call = () => testCallContext({ host });
const resources = { cpu: 1, memoryMiB: 512, diskMiB: 1_024 };
const demand: Demand = { ...resources, image: true, interruptible: true, maxLifetimeMs: 3_600_000 };

const post = async (path: string, body: string, headers: Record<string, string>): Promise<void> => {
  const response = await fetch(`${endpoint}${path}`, { method: "POST", body, headers });
  if (!response.ok) throw new Error(`moto answered ${response.status} to ${path}: ${await response.text()}`);
};
const configure = (path: string, body: object): Promise<void> =>
  post(`/moto-api/${path}`, JSON.stringify(body), { "content-type": "application/json" });

/** Only the service's name in the signature decides where moto sends a request to. */
const createRole = (): Promise<void> =>
  post(
    "/",
    new URLSearchParams({ Action: "CreateRole", Version: "2010-05-08", RoleName: "batch", AssumeRolePolicyDocument: "{}" }).toString(),
    {
      "content-type": "application/x-www-form-urlencoded",
      authorization: `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/${region}/iam/aws4_request, SignedHeaders=host, Signature=00`,
    },
  );

const backendOn = (queue: string): Backend =>
  awsBatch({
    region,
    endpoint,
    credentials,
    visibilityMs: 0,
    queues: [{ queue, platform: "ec2", purchase: "on-demand", instance: { vcpus: 4, memoryMiB: 16_384, usdPerHour: 0.2 } }],
  });

async function placementOn(backend: Backend): Promise<Placement> {
  const [offer] = await backend.listOffers(demand, call());
  if (offer === undefined) throw new Error("no offer");
  const key = `lane-${host.newId()}`;
  const launch = {
    key,
    image: "busybox:1",
    argv: ["echo", "hello"],
    env: { PLAIN: "a b" },
    secrets: {},
    resources,
    inputs: [],
    outputs: [],
    timeoutMs: 600_000,
    maxLifetimeMs: 3_600_000,
    nonce: "n",
    labels: { "spillway-run": "lane" },
  };
  return { key, offer, launch, priceCapUsdPerHour: 1, rank: () => [] };
}

const jobIdOf = ({ ref }: Lease): string => (ref.data as { readonly jobId: string }).jobId;

describe("AWS Batch as moto understands it", () => {
  beforeAll(async () => {
    await configure("config", { batch: { use_docker: false } });
    await createRole();
    const { computeEnvironmentArn } = await client.send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: "lane",
        type: "UNMANAGED",
        state: "ENABLED",
        serviceRole: "arn:aws:iam::123456789012:role/batch",
      }),
    );
    await client.send(
      new CreateJobQueueCommand({
        jobQueueName: "lane",
        state: "ENABLED",
        priority: 1,
        computeEnvironmentOrder: [{ order: 1, computeEnvironment: computeEnvironmentArn }],
      }),
    );
  });

  it("runs a job to its end, finds it by name, and lists it until it is released", async () => {
    const backend = backendOn("lane");
    const placement = await placementOn(backend);
    const { key } = placement;
    const lease = await backend.bind(placement, call());
    expect(await backend.find([{ key, intendedAtMs: host.now() }], call())).toMatchObject([{ kind: "bound", lease: { ref: lease.ref } }]);
    expect(await backend.inspect([lease.ref], call())).toMatchObject([{ kind: "status", key, phase: "exited", exitCode: 0 }]);
    expect((await backend.listLeases(call())).map((ref) => ref.key)).toContain(key);
    expect(await backend.release(lease.ref, { graceMs: 0 }, call())).toBe("released");
    expect((await backend.listLeases(call())).map((ref) => ref.key)).not.toContain(key);
    const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [jobIdOf(lease)] }));
    expect(jobs?.[0]).toMatchObject({
      tags: { "spillway-key": key, "spillway-run": "lane", "spillway-released": "1" },
      timeout: { attemptDurationSeconds: 3_570 },
    });
  });

  it("registers one definition for all jobs of an image, also from another process", async () => {
    const backend = backendOn("lane");
    for (const instance of [backend, backend, backendOn("lane")]) await instance.bind(await placementOn(instance), call());
    const { jobDefinitions } = await client.send(new DescribeJobDefinitionsCommand({ status: "ACTIVE" }));
    expect(jobDefinitions?.map(({ revision, containerProperties }) => [revision, containerProperties?.image])).toEqual([[1, "busybox:1"]]);
  });

  it("takes up the job of a key that was bound before", async () => {
    const placement = await placementOn(backendOn("lane"));
    const first = await backendOn("lane").bind(placement, call());
    expect((await backendOn("lane").bind(placement, call())).ref).toEqual(first.ref);
  });

  it("says which option to change when the queue does not exist", async () => {
    await expect(backendOn("nowhere").listOffers(demand, call())).rejects.toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
    const good = await placementOn(backendOn("lane"));
    const placement = { ...good, offer: { ...good.offer, id: "nowhere" } };
    await expect(backendOn("nowhere").bind(placement, call())).rejects.toThrow(/queues/);
  });

  it("asks for the end of a job that waits, with a reason by which it is known again", async () => {
    await configure("config", { batch: { use_docker: true } });
    await configure("state-manager/set-transition", { model_name: "batch::job", transition: { progression: "manual", times: 1_000 } });
    try {
      const backend = backendOn("lane");
      const lease = await backend.bind(await placementOn(backend), call());
      expect(await backend.inspect([lease.ref], call())).toMatchObject([{ kind: "status", phase: "pending" }]);
      // Without a Docker daemon moto moves no job on, not even one that is terminated: the release stays pending, as it should.
      expect(await backend.release(lease.ref, { graceMs: 0 }, call())).toBe("pending");
      const { jobs } = await client.send(new DescribeJobsCommand({ jobs: [jobIdOf(lease)] }));
      expect(jobs?.[0]?.statusReason).toMatch(/^spillway:/);
    } finally {
      await configure("config", { batch: { use_docker: false } });
    }
  });
});
