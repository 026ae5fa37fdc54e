import { type AddressInfo, connect, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { eventually } from "../../../support/eventually.js";
import { startYagna } from "./fixture.js";
import { Requestor } from "./requestor.js";

const LOCKED = { message: "Internal error: database is locked" };

/** Connections that the client kept from before are found broken one by one. */
const answering = (requestor: Requestor): Promise<unknown> =>
  eventually(
    () =>
      Promise.all(["", "", "", ""].map(() => requestor.call("GET", "/me"))).then(
        () => true,
        () => false,
      ),
    "an answer",
  );

describe("a daemon that does not do what it should", () => {
  test("answers 500 to demands and to the poll for offers, and says what it was asked", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    yagna.inject({ operation: "subscribeDemand", fault: { kind: "status", status: 500, body: LOCKED, effect: false } });
    expect(await requestor.market("POST", "/demands", requestor.demand())).toMatchObject({ status: 500, body: LOCKED });
    expect(yagna.openDemands()).toBe(0);
    const demandId = await requestor.subscribe();
    yagna.inject({ operation: "collectOffers", fault: { kind: "status", status: 502, effect: false }, times: 2 });
    expect([(await requestor.events(demandId)).status, (await requestor.events(demandId)).status]).toEqual([502, 502]);
    expect((await requestor.events(demandId)).status).toBe(200);
    expect(yagna.requests.map(({ operation }) => operation)).toEqual([
      "subscribeDemand",
      "subscribeDemand",
      "collectOffers",
      "collectOffers",
      "collectOffers",
    ]);
    expect(yagna.requests[2]).toMatchObject({
      method: "GET",
      path: `/market-api/v1/demands/${demandId}/events`,
      query: "?timeout=5&maxEvents=10",
    });
  });

  test("has its database locked until it is not", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    yagna.inject({ fault: { kind: "status", status: 500, body: LOCKED, effect: false }, times: Number.POSITIVE_INFINITY });
    expect((await requestor.allocate()).status).toBe(500);
    expect((await requestor.call("GET", "/me")).body).toEqual(LOCKED);
    yagna.clearFaults();
    expect((await requestor.allocate()).status).toBe(201);
    expect(yagna.allocations()).toHaveLength(1);
  });

  test("does what it is asked and says it did not, and the reverse", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    yagna.inject({ operation: "createAllocation", fault: { kind: "status", status: 500, effect: true } });
    expect((await requestor.allocate()).status).toBe(500);
    expect(yagna.allocations()).toHaveLength(1);
    yagna.inject({ operation: "createAllocation", fault: { kind: "garbage" } });
    expect(await requestor.allocate()).toMatchObject({ status: 200, body: undefined });
    yagna.inject({ operation: "createAllocation", fault: { kind: "cut", effect: true } });
    await expect(requestor.allocate()).rejects.toThrow("fetch failed");
    yagna.inject({ operation: "createAllocation", fault: { kind: "cut", effect: false } });
    await expect(requestor.allocate()).rejects.toThrow("fetch failed");
    expect(yagna.allocations()).toHaveLength(3);
    yagna.inject({ operation: "identity", fault: { kind: "slow", ms: 50 } });
    const askedAtMs = performance.now();
    expect((await requestor.call("GET", "/me")).status).toBe(200);
    expect(performance.now() - askedAtMs).toBeGreaterThanOrEqual(49);
    expect(yagna.heldRequests).toBe(0);
  });

  test("never answers, and lets go when the client does", async () => {
    const yagna = await startYagna();
    yagna.inject({ operation: "identity", fault: { kind: "silence", effect: false } });
    const gone = new AbortController();
    const asked = fetch(`${yagna.url}/me`, { signal: gone.signal, headers: { "x-request-id": "mine" } });
    await eventually(() => yagna.heldRequests === 1, "the held request");
    expect(yagna.heldIds).toEqual(["mine"]);
    gone.abort();
    await expect(asked).rejects.toThrow();
    await eventually(() => yagna.heldRequests === 0 && yagna.openRequests === 0, "the end of the request");
  });

  test("cuts a stream of events after the first", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const activityId = await requestor.ready(await requestor.agree());
    const run = { entry_point: "print", args: ["x"], capture: { stdout: { stream: { format: "string" } } } };
    const batch = await requestor.exec(activityId, [{ run }]);
    await requestor.results(activityId, batch);
    yagna.inject({ operation: "batchStream", fault: { kind: "cut", effect: true } });
    const response = await fetch(`${yagna.url}/activity-api/v1/activity/${activityId}/exec/${batch}`, {
      headers: { accept: "text/event-stream", authorization: `Bearer ${yagna.appKey}` },
    });
    await expect(response.text()).rejects.toThrow();
    // What was lost can be read again.
    expect((await requestor.results(activityId, batch)).body).toMatchObject([{ result: "Ok", isBatchFinished: true }]);
  });

  test("takes one key only, in headers and in the address of sockets", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const service = await requestor.call("POST", "/gsb-api/v1/services", { listen: { on: "/public/gftp/a", components: ["GetChunk"] } });
    const address = `${yagna.url.replace("http", "ws")}/gsb-api/v1/services/${service.body.servicesId}?authToken=`;
    const opened = (key: string) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(`${address}${key}`, ["gsb+flexbuffers"]);
        onTestFinished(() => socket.terminate());
        socket.on("open", () => resolve(socket.protocol));
        socket.on("error", (error) => resolve(error.message));
      });
    expect(await opened(yagna.appKey)).toBe("gsb+flexbuffers");
    expect(await opened("wrong")).toContain("401");
    const before = yagna.appKey;
    yagna.changeAppKey("another");
    expect((await requestor.call("GET", "/me", undefined, { authorization: `Bearer ${before}` })).status).toBe(401);
    expect((await requestor.call("GET", "/me")).status).toBe(200);
    expect(JSON.stringify(yagna.requests)).not.toContain(before);
  });

  test("carries connections into a private network to the ports of its nodes only", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const echo = createServer((socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => new Promise<void>((resolve) => echo.close(() => resolve())));
    const { port } = echo.address() as AddressInfo;
    const net = (method: string, path: string, body?: unknown) => requestor.call(method, `/net-api/v1/net${path}`, body);
    const { body: network } = await net("POST", "", { ip: "192.168.0.0" });
    expect(network).toMatchObject({ mask: "255.255.255.0", gateway: "192.168.0.1" });
    const node = yagna.identity;
    expect((await net("POST", `/${network.id}/nodes`, { id: node, ip: "192.168.0.2" })).status).toBe(200);
    const reach = (ip: string): WebSocket => {
      const socket = new WebSocket(`${yagna.url}/net-api/v1/net/${network.id}/tcp/${ip}/${port}?authToken=${yagna.appKey}`);
      onTestFinished(() => socket.terminate());
      return socket;
    };
    const socket = reach("192.168.0.2");
    socket.on("open", () => socket.send("hello"));
    expect(String(await new Promise((resolve) => socket.on("message", resolve)))).toBe("hello");
    socket.close();
    expect(await new Promise((resolve) => reach("192.168.0.3").on("error", ({ message }) => resolve(message)))).toContain("404");
    expect((await net("DELETE", `/${network.id}/nodes/${node}`)).status).toBe(200);
    expect((await net("DELETE", `/${network.id}`)).status).toBe(200);
    expect((await net("GET", `/${network.id}`)).status).toBe(404);
    await eventually(() => yagna.openSockets === 0, "the end of the socket");
  });

  test("restarts, and remembers", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const agreementId = await requestor.agree();
    const polling = requestor.invoiceEvents(60).catch((error: unknown) => error);
    await eventually(() => yagna.openRequests === 1, "the poll");
    let letUp: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      letUp = resolve;
    });
    const restarted = yagna.restart({ until });
    expect(await polling).toBeInstanceOf(Error);
    await expect(requestor.call("GET", "/me")).rejects.toThrow("fetch failed");
    const { url } = yagna;
    letUp();
    await restarted;
    expect(yagna.url).toBe(url);
    await answering(requestor);
    expect((await requestor.market("GET", `/agreements/${agreementId}`)).body.state).toBe("Approved");
    expect(yagna.openAgreements()).toHaveLength(1);
  });

  test("restarts, and has forgotten everything; the provider gives up", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const { body: allocation } = await requestor.allocate();
    const agreementId = await requestor.agree();
    const activityId = await requestor.ready(agreementId);
    await yagna.restart({ state: "lost" });
    await answering(requestor);
    const statuses = await Promise.all([
      requestor.market("GET", `/agreements/${agreementId}`),
      requestor.activity("GET", `/${activityId}/state`),
      requestor.payment("GET", `/allocations/${allocation.allocationId}`),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404]);
    expect((await requestor.agreementEvents(0.05)).body).toEqual([]);
    expect(yagna.agreements()).toMatchObject([{ state: "Terminated", termination: { code: "RequestorUnreachable" } }]);
    expect(yagna.openDemands()).toBe(0);
    expect((await requestor.allocate()).status).toBe(201);
  });

  test("is gone after close, with all that waited", async () => {
    const yagna = await startYagna();
    const requestor = new Requestor(yagna);
    const polling = requestor.invoiceEvents(60).catch((error: unknown) => error);
    await eventually(() => yagna.openRequests === 1, "the poll");
    await yagna.close();
    expect(await polling).toBeInstanceOf(Error);
    const { port } = new URL(yagna.url);
    const refused = await new Promise((resolve) => connect({ host: "127.0.0.1", port: Number(port) }).on("error", resolve));
    expect(refused).toMatchObject({ code: "ECONNREFUSED" });
    await yagna.close();
  });
});
