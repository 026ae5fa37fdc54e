import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import * as batch from "@aws-sdk/client-batch";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { afterEach, describe, expect, it } from "vitest";
import { awsBatch } from "../../../../src/backends/aws-batch/index.js";
import { CREDENTIALS, FARGATE, jobIdOf, type Recording, recording, stages } from "./fixture.js";

// The recordings stand between simulator and backend: both are held to them, and the SDK's own model of the service to them as well.

const stage = stages();
afterEach(() => stage.close());

const COMMANDS: Readonly<Record<string, (input: never) => object>> = {
  submitjob: (input) => new batch.SubmitJobCommand(input),
  registerjobdefinition: (input) => new batch.RegisterJobDefinitionCommand(input),
  describejobdefinitions: (input) => new batch.DescribeJobDefinitionsCommand(input),
  describejobs: (input) => new batch.DescribeJobsCommand(input),
  listjobs: (input) => new batch.ListJobsCommand(input),
  describejobqueues: (input) => new batch.DescribeJobQueuesCommand(input),
  terminatejob: (input) => new batch.TerminateJobCommand(input),
  terminatejobs: (input) => new batch.TerminateJobsCommand(input),
  getlogevents: (input) => new GetLogEventsCommand(input),
};
const NAMES = [
  "submit-job",
  "register-job-definition",
  "describe-job-definitions",
  "describe-jobs",
  "describe-jobs-reclaimed",
  "list-jobs",
  "describe-job-queues",
  "terminate-job",
  "terminate-jobs",
  "get-log-events",
];

interface Arrived {
  readonly path: string;
  readonly target: string | undefined;
  readonly body: unknown;
}

/** A server that answers one thing, whatever is asked. */
async function answering(status: number, headers: Record<string, string>, body: unknown) {
  const arrived: Arrived[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += String(part);
    arrived.push({
      path: request.url ?? "",
      target: request.headers["x-amz-target"]?.toString(),
      body: text === "" ? {} : JSON.parse(text),
    });
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { endpoint, arrived, close };
}

/** What a value is made of: types by path, positions of lists left out. */
function shapeOf(value: unknown, path = ""): ReadonlyMap<string, string> {
  if (Array.isArray(value)) return new Map([[path, "list"], ...value.flatMap((item) => [...shapeOf(item, `${path}[]`)])]);
  if (typeof value !== "object" || value === null) return new Map([[path, typeof value]]);
  // Names of tags, parameters and log options are data.
  if (/\.(tags|parameters|options)$/.test(path)) return new Map([[path, "map"]]);
  return new Map([[path, "object"], ...Object.entries(value).flatMap(([name, inner]) => [...shapeOf(inner, `${path}.${name}`)])]);
}

const withoutMetadata = ({ $metadata: _, ...rest }: Record<string, unknown>): object => rest;

async function sdkAnswer(endpoint: string, { operation, request }: Recording): Promise<object> {
  const settings = { endpoint, region: "us-east-1", credentials: { ...CREDENTIALS }, maxAttempts: 1 };
  const client = operation === "getlogevents" ? new CloudWatchLogsClient(settings) : new batch.BatchClient(settings);
  const command = COMMANDS[operation]?.(request as never);
  try {
    return withoutMetadata((await (client as { send(command: unknown): Promise<unknown> }).send(command)) as Record<string, unknown>);
  } finally {
    client.destroy();
  }
}

describe("recordings and the SDK", () => {
  it.each(NAMES)("the SDK sends and understands every field of %s", async (name) => {
    const one = recording(name);
    const server = await answering(200, {}, one.response);
    try {
      // The SDK drops what its model does not have, in both directions: equality shows that each field is a real one.
      expect(await sdkAnswer(server.endpoint, one)).toEqual(one.response);
      const [arrived] = server.arrived;
      expect(arrived?.body).toEqual(one.request);
      if (one.operation === "getlogevents") expect(arrived?.target).toBe("Logs_20140328.GetLogEvents");
      else expect(arrived?.path).toBe(`/v1/${one.operation}`);
    } finally {
      await server.close();
    }
  });
});

describe("recordings and the simulator", () => {
  it("answers each recorded request in the recorded shape", async () => {
    const { simulator, host, ...rest } = await stage.open({ queues: [{ name: "fargate", platform: "fargate" }] });
    expect(rest).toBeDefined();
    const ask = (one: Recording) => sdkAnswer(simulator.endpoint, one);
    const same = (answer: object, expected: object) => expect([...shapeOf(answer)].sort()).toEqual([...shapeOf(expected)].sort());

    const register = recording("register-job-definition");
    const registered = (await ask(register)) as { readonly jobDefinitionArn: string };
    same(registered, register.response);
    const definitions = recording("describe-job-definitions");
    const { environment: _, ...container } = firstContainer(definitions.response);
    const found = firstContainer(await ask(definitions));
    for (const [path, type] of shapeOf(container)) if (!path.includes("fargatePlatform")) expect(shapeOf(found).get(path), path).toBe(type);

    const submit = recording("submit-job");
    const submitted = (await ask({
      ...submit,
      request: {
        ...submit.request,
        jobDefinition: registered.jobDefinitionArn,
        containerOverrides: {
          ...(submit.request as { readonly containerOverrides: object }).containerOverrides,
          command: ["print", "hello"],
        },
      },
    })) as { readonly jobId: string };
    same(submitted, submit.response);
    await host.advance(60_000);

    const { jobId } = submitted;
    const describeJobs = recording("describe-jobs");
    same(await ask({ ...describeJobs, request: { jobs: [jobId] } }), describeJobs.response);
    const list = recording("list-jobs");
    same(await ask(list), list.response);
    const queues = recording("describe-job-queues");
    expect(await ask(queues)).toEqual(queues.response);
    const end = recording("terminate-job");
    expect(await ask({ ...end, request: { ...end.request, jobId } })).toEqual(end.response);
    const endMany = recording("terminate-jobs");
    const endedMany = await ask({ ...endMany, request: { ...endMany.request, jobs: [jobId, "no-such-job"] } });
    expect(endedMany).toEqual({ ...endMany.response, successful: [jobId, "no-such-job"], errors: [] });
    const logs = recording("get-log-events");
    same(await ask({ ...logs, request: { ...logs.request, logStreamName: `definition/default/${jobId}` } }), logs.response);
  });
});

const firstContainer = (answer: object): Record<string, unknown> =>
  (answer as { readonly jobDefinitions: readonly { readonly containerProperties: Record<string, unknown> }[] }).jobDefinitions[0]
    ?.containerProperties ?? {};

describe("recordings and the backend", () => {
  it("sends the recorded requests", async () => {
    const one = await stage.open({ queues: [{ name: "fargate", platform: "fargate" }] });
    const backend = one.backend();
    const placement = await one.placement(backend, ["exit", "0"], { env: { PLAIN: "a b" } }, "testns-run1-a1");
    const lease = await backend.bind(placement, one.call());
    await one.host.advance(5_000);
    await backend.inspect([lease.ref], one.call());
    await backend.release(lease.ref, { graceMs: 0 }, one.call());
    const sent = new Map(one.simulator.requests.map(({ operation, body }) => [operation, body]));
    const digest = (request: object): object => JSON.parse(JSON.stringify(request).replaceAll(/sw-[0-9a-f]{32}/g, "sw-DIGEST")) as object;
    for (const name of ["submit-job", "register-job-definition", "describe-job-definitions", "list-jobs", "describe-job-queues"]) {
      const { operation, request } = recording(name);
      expect(digest(sent.get(operation) as object), name).toEqual(digest(request));
    }
    expect(sent.get("describejobs")).toEqual({ jobs: [jobIdOf(lease)] });
    expect(sent.get("terminatejob")).toEqual({ ...recording("terminate-job").request, jobId: jobIdOf(lease) });
  });

  it.each(["describe-jobs", "describe-jobs-reclaimed"])("reports on %s as recorded", async (name) => {
    const { response, report } = recording(name);
    const server = await answering(200, {}, response);
    try {
      const one = await stage.open();
      const backend = awsBatch({ region: "us-east-1", endpoint: server.endpoint, credentials: { ...CREDENTIALS }, queues: [FARGATE] });
      const [job] = (response as { readonly jobs: readonly { readonly jobId: string }[] }).jobs;
      const ref = { backend: "aws-batch", key: "testns-run1-a1", data: { jobId: job?.jobId, queue: "fargate" } };
      const [made] = await backend.inspect([ref], one.call());
      expect(made).toMatchObject(report ?? {});
      // A minute at least, at the price on the tag.
      const seconds = name === "describe-jobs" ? 60 : 84;
      expect(made).toMatchObject({ charge: { amount: BigInt((60_000_000 * seconds) / 3_600), final: true } });
      await backend.close?.();
    } finally {
      await server.close();
    }
  });

  it.each(recording<readonly { status: number; type: string; message: string; code: string; effect: string }[]>("errors"))(
    "a submission that meets $status $type ($message) is $code",
    async ({ status, type, message, code, effect }) => {
      const one = await stage.open();
      const placement = await one.placement(one.backend(), ["exit", "0"]);
      const definition = { jobSummaryList: [], jobDefinitions: [{ jobDefinitionArn: "arn:aws:batch:us-east-1:1:job-definition/x:1" }] };
      const server = createServer((request, response) => {
        if (request.url !== "/v1/submitjob")
          response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(definition));
        else response.writeHead(status, { "content-type": "application/json", "x-amzn-errortype": type }).end(JSON.stringify({ message }));
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      try {
        const backend = one.backend({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
        const failed = one.settle(backend.bind(placement, one.call()), 500);
        await expect(failed).rejects.toMatchObject({ code, effect });
        await backend.close?.();
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  );
});
