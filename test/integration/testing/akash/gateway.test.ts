import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { IDENTITIES } from "../../../../src/testing/akash/identities.js";
import { arrived, onVirtualTime, sdlOf } from "./fixture.js";

const talking = sdlOf({ argv: ["print", "one\ntwo\nthree"] });

test("every gateway has a certificate of its own, self-signed, that bears the provider's address", async () => {
  for (const { address, certificate } of IDENTITIES) {
    const read = new X509Certificate(certificate);
    expect([read.subject, read.verify(read.publicKey)]).toEqual([`CN=${address}`, true]);
  }
  const { simulator, direct } = await onVirtualTime();
  for (const { hostUri, address } of simulator.providers) {
    const { status, name, authorized, body } = await direct("GET", `${hostUri}/address`);
    expect([status, name, authorized, JSON.parse(body)]).toEqual([200, address, false, { address }]);
  }
});

test("status, service status and manifest need a token with the right scope, place and time", async () => {
  const { running, gateway, token, direct, host } = await onVirtualTime();
  const dseq = await running(sdlOf(), "eu-1");
  const { base, provider } = await gateway(dseq);
  const granular = (deployment: object) =>
    token({ access: "granular", permissions: [{ provider, access: "granular", deployments: [deployment] }] });
  const statusOf = async (path: string, jwt?: string): Promise<number> => (await direct("GET", `${base}${path}`, jwt)).status;

  const narrow = await granular({ dseq: Number(dseq), scope: ["status"] });
  const answer = await direct("GET", `${base}/status`, narrow);
  expect(JSON.parse(answer.body).services.job).toMatchObject({ available: 1, total: 1, ready_replicas: 1 });
  expect(JSON.parse((await direct("GET", `${base}/service/job/status`, narrow)).body).name).toBe("job");
  expect(await statusOf("/service/other/status", narrow)).toBe(404);
  expect(await statusOf("/manifest", narrow)).toBe(401);
  expect(await statusOf("/manifest", await token({ access: "scoped", scope: ["get-manifest"] }))).toBe(200);
  expect(await statusOf("/status", await granular({ dseq: 1, scope: ["status"] }))).toBe(401);
  expect(await statusOf("/status", await granular({ dseq: Number(dseq), gseq: 2, scope: ["status"] }))).toBe(401);
  const elsewhere = IDENTITIES[7]?.address;
  expect(await statusOf("/status", await token({ access: "granular", permissions: [{ provider: elsewhere, access: "full" }] }))).toBe(401);
  expect(await statusOf("/status")).toBe(400);
  expect(await statusOf("/status", "no.token")).toBe(400);
  expect(await statusOf("/status", `${narrow.slice(0, -2)}xx`)).toBe(401);
  const short = await token({ access: "full" }, 60);
  expect(await statusOf("/status", short)).toBe(200);
  await host.advance(60_000);
  expect(await statusOf("/status", short)).toBe(401);
});

test("a manifest can be put straight to the gateway: 404 without lease, 422 when it is not the one", async () => {
  const { create, lease, gateway, token, direct, simulator, host } = await onVirtualTime();
  simulator.trouble({ kind: "manifest-not-delivered", times: 1 });
  const created = await create();
  await lease(created, "us-1");
  const { hostUri, base } = await gateway(created.dseq);
  const jwt = await token();
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(404);
  const put = (dseq: string, body: string) => direct("PUT", `${hostUri}/deployment/${dseq}/manifest`, jwt, body);
  expect((await put("1", created.manifest)).status).toBe(404);
  expect((await put(created.dseq, "[")).status).toBe(422);
  expect((await put(created.dseq, "[]")).status).toBe(422);
  expect(await put(created.dseq, created.manifest)).toMatchObject({ status: 200, body: "" });
  await host.advance(15_000);
  expect(simulator.deployments()[0]?.containers).toMatchObject([{ starts: 1 }]);
});

test("logs are JSON lines by pod; what does not follow ends without a close frame", async () => {
  const { running, gateway, token, stream } = await onVirtualTime({ duplicateLines: false });
  const { base } = await gateway(await running(talking));
  const jwt = await token();
  const all = stream(`${base}/logs?follow=false`, jwt);
  expect((await all.ended).code).toBe(1_006);
  expect(all.texts().map((text) => JSON.parse(text))).toEqual(
    ["one", "two", "three"].map((message) => ({ name: expect.stringMatching(/^job-/), message })),
  );
  const tail = stream(`${base}/logs?follow=false&tail=1&service=job`, jwt);
  await tail.ended;
  expect(tail.texts().map((text) => JSON.parse(text).message)).toEqual(["three"]);
  expect(await stream(`${base}/logs?service=other`, jwt).ended).toMatchObject({ code: 4_000 });
});

test("a stream that is taken up again begins with lines that were there before", async () => {
  const { running, gateway, token, stream } = await onVirtualTime();
  const { base } = await gateway(await running(talking));
  const jwt = await token();
  const lines = async (): Promise<string[]> => {
    const read = stream(`${base}/logs?follow=false&tail=0`, jwt);
    await read.ended;
    return read.texts().map((text) => JSON.parse(text).message);
  };
  expect(await lines()).toEqual([]);
  expect(await lines()).toEqual(["two", "three"]);
});

test("a stream that follows ends with its container (1006); the next one has a log of its own", async () => {
  const { running, gateway, token, stream, simulator, turn } = await onVirtualTime({ duplicateLines: false });
  const dseq = await running(talking);
  const { base } = await gateway(dseq);
  const jwt = await token();
  const followed = stream(`${base}/logs?follow=true&tail=1`, jwt);
  await followed.opened;
  await arrived(() => followed.frames.length === 1);
  expect(simulator.openStreams).toBe(1);
  simulator.restart(dseq);
  expect((await followed.ended).code).toBe(1_006);
  await arrived(() => simulator.openStreams === 0);
  await turn();
  expect(simulator.deployments()[0]?.containers).toMatchObject([{ starts: 2 }]);
  const cut = stream(`${base}/logs?follow=true&tail=0`, jwt);
  await cut.opened;
  await arrived(() => simulator.openStreams === 1);
  simulator.cutStreams(dseq);
  expect((await cut.ended).code).toBe(1_006);
});

test("events tell the way of a pod and end with 1000", async () => {
  const { running, gateway, token, stream, close } = await onVirtualTime();
  const dseq = await running();
  const { base } = await gateway(dseq);
  const jwt = await token({ access: "scoped", scope: ["events"] });
  const past = stream(`${base}/kubeevents?follow=false`, jwt);
  expect((await past.ended).code).toBe(1_000);
  const events = past.texts().map((text) => JSON.parse(text));
  expect(events.map(({ reason }) => reason)).toEqual(["Scheduled", "Pulling", "Pulled", "Created", "Started"]);
  expect(events[0]).toEqual({
    type: "Normal",
    reason: "Scheduled",
    note: expect.stringContaining("Successfully assigned"),
    reportingController: "kubelet",
    reportingInstance: "node-1",
    object: { kind: "Pod", namespace: expect.any(String), name: expect.stringMatching(/^job-/) },
  });
  const following = stream(`${base}/kubeevents?follow=true`, jwt);
  await following.opened;
  await arrived(() => following.frames.length === 5);
  await close(dseq);
  expect((await following.ended).code).toBe(1_000);
});

test("a command that is sent in answers with output and result frames; the token must name the service", async () => {
  const { running, gateway, token, stream, host, simulator } = await onVirtualTime();
  const dseq = await running();
  const { base, provider } = await gateway(dseq);
  const jwtFor = (services: string[]) =>
    token({
      access: "granular",
      permissions: [{ provider, access: "granular", deployments: [{ dseq: Number(dseq), scope: ["shell"], services }] }],
    });
  const url = `${base}/shell?cmd0=echo&cmd1=nonce&service=job&tty=0&stdin=0`;
  expect(await stream(url, await jwtFor(["other"])).ended).toMatchObject({ refused: 401 });
  const jwt = await jwtFor(["job"]);
  expect(await stream(`${base}/shell?service=job`, jwt).ended).toMatchObject({ refused: 400 });
  const run = stream(url, jwt);
  await run.opened;
  await arrived(() => simulator.openStreams === 1);
  await host.advance(10);
  expect((await run.ended).code).toBe(1_000);
  expect(run.frames.map(({ binary, data }) => [binary, data[0], String(data.subarray(1))])).toEqual([
    [true, 100, "nonce\n"],
    [true, 102, '{"exit_code":0}'],
  ]);
  simulator.trouble({ kind: "exec-false-zero" });
  const false0 = stream(`${base}/shell?cmd0=exit&cmd1=9&service=job`, jwt);
  await false0.ended;
  expect(false0.frames.map(({ data }) => [data[0], String(data.subarray(1))])).toEqual([[102, '{"exit_code":0}']]);
});

test("of a lease that is over, streams say 4001 and status 404", async () => {
  const { running, gateway, token, stream, direct, close } = await onVirtualTime();
  const dseq = await running();
  const { base } = await gateway(dseq);
  const jwt = await token();
  await close(dseq);
  expect((await direct("GET", `${base}/status`, jwt)).status).toBe(404);
  for (const path of ["logs", "kubeevents", "shell?cmd0=true&service=job"]) {
    expect(await stream(`${base}/${path}`, jwt).ended).toMatchObject({ code: 4_001 });
  }
});

test("a token's end cuts the stream, and the proxy says tokenExpired", async () => {
  const { running, gateway, token, stream, host, simulator } = await onVirtualTime();
  const { base, provider } = await gateway(await running(talking));
  const jwt = await token({ access: "full" }, 60);
  const own = stream(`${base}/logs?follow=true`, jwt);
  const proxy = stream(`${simulator.providerProxyUrl}/ws`);
  await proxy.opened;
  const ask = {
    type: "websocket",
    url: `${base}/logs?follow=true`.replace("https", "wss"),
    providerAddress: provider,
    auth: { type: "jwt", token: jwt },
  };
  proxy.socket.send(JSON.stringify({ type: "ping" }));
  proxy.socket.send(JSON.stringify(ask));
  await arrived(() => own.frames.length === 3 && proxy.frames.length === 4);
  expect(proxy.texts().map((text) => JSON.parse(text))).toEqual([
    { type: "pong" },
    ...["one", "two", "three"].map((line) => ({ type: "websocket", message: expect.stringContaining(`"message":"${line}"`) })),
  ]);
  await host.advance(60_000);
  expect((await own.ended).code).toBe(1_006);
  await arrived(() => proxy.frames.length === 5);
  expect(JSON.parse(proxy.texts()[4] ?? "")).toEqual({ type: "websocket", error: "tokenExpired" });
  proxy.socket.send(JSON.stringify({ ...ask, auth: { type: "jwt", token: await token() } }));
  await arrived(() => proxy.frames.length === 8);
});

test("through the proxy a shell's frames are buffers in JSON, or base64 where asked; the end is told", async () => {
  const { running, gateway, token, stream, host, simulator } = await onVirtualTime();
  const { base, provider } = await gateway(await running());
  const proxy = stream(simulator.providerProxyUrl);
  await proxy.opened;
  const url = `${base}/shell?cmd0=echo&cmd1=hi&service=job`;
  const ask = async (isBase64: boolean): Promise<unknown[]> => {
    const from = proxy.frames.length;
    proxy.socket.send(
      JSON.stringify({
        type: "websocket",
        url,
        providerAddress: provider,
        auth: { type: "jwt", token: await token() },
        ...(isBase64 ? { isBase64 } : {}),
      }),
    );
    await arrived(() => simulator.openStreams === 2);
    await host.advance(10);
    await arrived(() => proxy.frames.length === from + 3);
    return proxy
      .texts()
      .slice(from)
      .map((text) => JSON.parse(text));
  };
  const end = { type: "websocket", closed: true, code: 1_000, reason: "" };
  expect(await ask(false)).toEqual([
    { type: "websocket", message: { type: "Buffer", data: [100, 104, 105, 10] } },
    { type: "websocket", message: Buffer.from('\u0066{"exit_code":0}').toJSON() },
    end,
  ]);
  expect(await ask(true)).toEqual([
    { type: "websocket", message: Buffer.from([100, 104, 105, 10]).toString("base64") },
    { type: "websocket", message: expect.any(String) },
    end,
  ]);
});

test("the proxy checks the certificate's name, and what it is asked", async () => {
  const { running, gateway, token, proxied, stream, simulator } = await onVirtualTime();
  const { base, provider } = await gateway(await running());
  const wish = { method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: await token() } };
  expect((await proxied(wish)).body.services.job.available).toBe(1);
  expect((await proxied({ ...wish, providerAddress: simulator.owner })).status).toBe(495);
  expect((await proxied({ ...wish, url: "https://127.0.0.1:1/status" })).status).toBe(400);
  expect((await proxied({ ...wish, url: "https://printer.local/status" })).status).toBe(400);
  expect((await proxied({ ...wish, url: base.replace("https", "http") })).status).toBe(400);
  expect((await proxied({ method: "GET" })).status).toBe(400);
  expect((await proxied({ ...wish, url: "https://localhost:1/status" })).status).toBe(503);
  expect((await proxied({ ...wish, auth: { type: "jwt", token: "a.b.c" } })).status).toBe(401);
  const socket = stream(simulator.providerProxyUrl);
  await socket.opened;
  socket.socket.send(JSON.stringify({ type: "websocket", url: `${base}/logs`, providerAddress: simulator.owner, auth: wish.auth }));
  expect(await socket.ended).toMatchObject({ code: 1_008, reason: expect.stringMatching(/^invalidCertificate\./) });
});

test("gateways without TLS are reached directly and by the proxy", async () => {
  const { running, gateway, token, proxied, simulator } = await onVirtualTime({ gatewayTls: "none" });
  const { base, provider } = await gateway(await running());
  expect(base).toMatch(/^http:\/\/localhost:/);
  const jwt = await token();
  expect((await fetch(`${base}/status`, { headers: { authorization: `Bearer ${jwt}` } })).status).toBe(200);
  expect(
    (await proxied({ method: "GET", url: `${base}/status`, providerAddress: provider, auth: { type: "jwt", token: jwt } })).status,
  ).toBe(200);
  expect(simulator.heldRequests).toBe(0);
});
