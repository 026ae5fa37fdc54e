import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { createBatchApi } from "../../../../src/backends/aws-batch/client.js";
import { awsBatchOptions } from "../../../../src/backends/aws-batch/options.js";
import { createTerminator } from "../../../../src/backends/aws-batch/terminator.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { CREDENTIALS, FARGATE, jobIdOf, stages } from "./fixture.js";

const stage = stages();
const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await stage.close();
  for (const close of closing.splice(0)) await close();
});

interface Request {
  readonly operation: string;
  readonly body: { readonly jobs?: readonly string[]; readonly jobId?: string; readonly reason: string };
}
interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly body: object | string;
}

/** The terminator with the real SDK, on a server that answers by a script once `go` is called. */
async function scripted(answerTo: (request: Request) => Answer | Promise<Answer>) {
  const requests: Request[] = [];
  let go = (): void => undefined;
  const gone = new Promise<void>((resolve) => {
    go = resolve;
  });
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += String(part);
    const one = { operation: (request.url ?? "").replace("/v1/", ""), body: JSON.parse(text) };
    requests.push(one);
    await gone;
    const { status = 200, type = "ClientException", body } = await answerTo(one);
    response.writeHead(status, { "content-type": "application/json", ...(status === 200 ? {} : { "x-amzn-errortype": type }) });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = awsBatchOptions.parse({ endpoint, credentials: { ...CREDENTIALS }, callsPerSecond: 1_000, queues: [FARGATE] });
  const api = createBatchApi("aws-batch", options, "us-east-1");
  const host = createVirtualHost();
  closing.push(async () => {
    api.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { requests, go, terminator: createTerminator("aws-batch", api), call: () => testCallContext({ host }) };
}

const ids = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `job-${index}`);
const single: Answer = { body: {} };
const refused = (message: string, type = "ClientException"): Answer => ({ status: 400, type, body: { message } });

describe("ending many jobs", () => {
  it("takes a call for fifty of those that wait, and ends every one", async () => {
    const on = await stage.open({ queues: [{ name: "fargate", platform: "fargate" }] });
    const backend = on.backend();
    const placement = await on.placement(backend, ["sleep", "100000"]);
    const leases = await Promise.all(
      Array.from({ length: 70 }, (_, index) => {
        const key = `testns-many-${index}`;
        return backend.bind({ ...placement, key, launch: { ...placement.launch, key } }, on.call());
      }),
    );
    await on.host.advance(60_000);
    const before = on.simulator.requests.length;
    const answers = await Promise.all(leases.map(({ ref }) => backend.release(ref, { graceMs: 0 }, on.call())));
    expect(new Set(answers)).toEqual(new Set(["pending"]));
    const made = on.simulator.requests.slice(before);
    const bulk = made.filter(({ operation }) => operation === "terminatejobs").map(({ body }) => (body as Request["body"]).jobs ?? []);
    const ended = [
      ...made.filter(({ operation }) => operation === "terminatejob").map(({ body }) => (body as Request["body"]).jobId),
      ...bulk.flat(),
    ];
    expect([...ended].sort()).toEqual(leases.map(jobIdOf).sort());
    expect(bulk.every((jobs) => jobs.length <= 50)).toBe(true);
    expect(made.filter(({ operation }) => operation.startsWith("terminatejob")).length).toBeLessThan(25);
    await on.host.advance(60_000);
    expect(on.simulator.jobs().every(({ isTerminated, status }) => isTerminated && status === "FAILED")).toBe(true);
    expect(await Promise.all(leases.map(({ ref }) => backend.release(ref, { graceMs: 0 }, on.call())))).toEqual(
      leases.map(() => "released"),
    );
  });

  it("does not keep one waiting for others", async () => {
    const { requests, go, terminator, call } = await scripted(() => single);
    go();
    await terminator.terminate("job-0", "spillway: a", call());
    expect(requests).toEqual([{ operation: "terminatejob", body: { jobId: "job-0", reason: "spillway: a" } }]);
  });

  it("keeps reasons apart, and asks again alone for those that went wrong", async () => {
    const { requests, go, terminator, call } = await scripted(({ operation, body }) => {
      if (operation === "terminatejob") return body.jobId === "job-8" ? refused("User is not authorized to do that") : single;
      const errors = ["job-7", "job-8"].map((job) => ({ job, code: "ThrottlingException", message: "Rate exceeded" }));
      return { body: { successful: [], errors } };
    });
    const asked = ids(10).map((id, index) => terminator.terminate(id, index < 9 ? "spillway: a" : "spillway: b", call()));
    go();
    const settled = await Promise.allSettled(asked);
    expect(settled.map(({ status }) => status)).toEqual(ids(10).map((id) => (id === "job-8" ? "rejected" : "fulfilled")));
    expect(settled[8]).toMatchObject({ reason: { code: "BACKEND_AUTH_FAILED", effect: "none" } });
    const [bulk] = requests.filter(({ operation }) => operation === "terminatejobs");
    expect(bulk?.body).toEqual({ jobs: ["job-4", "job-5", "job-6", "job-7", "job-8"], reason: "spillway: a" });
    const singles = requests.filter(({ operation }) => operation === "terminatejob").map(({ body }) => body.jobId);
    expect([...singles].sort()).toEqual(["job-0", "job-1", "job-2", "job-3", "job-7", "job-8", "job-9"]);
  });

  it.each<[string, Answer]>([
    ["is not allowed", { status: 403, type: "AccessDeniedException", body: { message: "not authorized to perform: batch:TerminateJobs" } }],
    ["is not known to a service", { status: 404, body: "<html>404</html>" }],
  ])("goes one by one from then on where the bulk call %s", async (_why, answer) => {
    const { requests, go, terminator, call } = await scripted(({ operation }) => (operation === "terminatejobs" ? answer : single));
    const asked = ids(10).map((id) => terminator.terminate(id, "spillway: a", call()));
    go();
    await Promise.all(asked);
    await Promise.all(ids(10).map((id) => terminator.terminate(id, "spillway: a", call())));
    expect(requests.filter(({ operation }) => operation === "terminatejobs")).toHaveLength(1);
    expect(requests.filter(({ operation }) => operation === "terminatejob")).toHaveLength(20);
  });

  it("lets one who gives up go at once, and ends the others", async () => {
    const { requests, go, terminator, call } = await scripted(() => ({ body: { successful: [], errors: [] } }));
    const stopping = new AbortController();
    const late = { ...call(), signal: stopping.signal, deadlineMs: call().deadlineMs + 60_000 };
    const asked = ids(6).map((id) => terminator.terminate(id, "spillway: a", call()));
    const given = terminator.terminate("job-6", "spillway: a", late);
    stopping.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    go();
    await Promise.all(asked);
    expect(requests.find(({ operation }) => operation === "terminatejobs")?.body.jobs).toEqual(["job-4", "job-5"]);
  });

  it("sends the others' again when the one whose time it went by gives up", async () => {
    const { requests, go, terminator, call } = await scripted(({ body }) =>
      body.jobs?.includes("job-6") ? new Promise<Answer>(() => undefined) : { body: { successful: [], errors: [] } },
    );
    const stopping = new AbortController();
    const late = { ...call(), signal: stopping.signal, deadlineMs: call().deadlineMs + 60_000 };
    const asked = ids(4).map((id) => terminator.terminate(id, "spillway: a", call()));
    const given = terminator.terminate("job-6", "spillway: a", late);
    asked.push(...["job-7", "job-8"].map((id) => terminator.terminate(id, "spillway: a", call())));
    go();
    while (!requests.some(({ operation }) => operation === "terminatejobs")) await new Promise((resolve) => setTimeout(resolve, 1));
    stopping.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await Promise.all(asked);
    const bulk = requests.filter(({ operation }) => operation === "terminatejobs").map(({ body }) => body.jobs);
    expect(bulk).toEqual([
      ["job-6", "job-7", "job-8"],
      ["job-7", "job-8"],
    ]);
  });
});
