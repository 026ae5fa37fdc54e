import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createHttp, type HttpOptions, Secret } from "../../../src/kit/index.js";
import { makeCall, rejection } from "../../unit/kit/make-call.js";
import { type Loopback, loopback, sendJson } from "./loopback.js";

const client = (server: Pick<Loopback, "baseUrl">, options: Partial<HttpOptions> = {}) =>
  createHttp({ backend: "acme", baseUrl: server.baseUrl, retries: 0, ...options });

describe("redirects", () => {
  const redirecting = (location: string, status = 302) =>
    loopback((request, response) =>
      request.url === "/from"
        ? response.writeHead(status, { location }).end()
        : sendJson(response, { at: request.url, key: request.headers["x-api-key"] ?? null, method: request.method, body: request.body }),
    );
  const key = { headers: { "x-api-key": new Secret("hunter2") } };
  const seen = z.object({ at: z.string(), key: z.string().nullable(), method: z.string(), body: z.string() });

  it("follows one to the same origin with everything", async () => {
    const server = await redirecting("/to?x=1");
    expect(await client(server, key).get(makeCall(), "/from").json(seen)).toMatchObject({ at: "/to?x=1", key: "hunter2" });
  });

  it("never takes credentials to another origin", async () => {
    const other = await redirecting("/unused");
    const server = await redirecting(`${other.baseUrl}/to`);
    const error = await rejection(client(server, key).get(makeCall(), "/from"));
    expect(error).toMatchObject({ code: "BACKEND_REJECTED", effect: "none", message: expect.stringContaining(other.baseUrl) });
    expect(await rejection(client(server).get(makeCall(), "/from", key))).toMatchObject({ code: "BACKEND_REJECTED" });
    expect(other.arrived).toEqual([]);
    expect(await client(server).get(makeCall(), "/from").json(seen)).toMatchObject({ at: "/to", key: null });
  });

  it("repeats a request with an effect only where the status promises that nothing was done", async () => {
    for (const status of [307, 308]) {
      const server = await redirecting("/to", status);
      expect(
        await client(server)
          .post(makeCall(), "/from", { body: { a: 1 } })
          .json(seen),
      ).toMatchObject({ at: "/to", method: "POST", body: '{"a":1}' });
    }
    for (const status of [301, 302, 303]) {
      const server = await redirecting("/to", status);
      expect(await rejection(client(server).post(makeCall(), "/from"))).toMatchObject({ code: "BACKEND_REJECTED", effect: "unknown" });
      expect(server.arrived).toHaveLength(1);
    }
    const other = await redirecting("/unused");
    const server = await redirecting(`${other.baseUrl}/to`, 307);
    expect(await rejection(client(server).post(makeCall(), "/from"))).toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
    expect(other.arrived).toEqual([]);
  });

  it("does not follow for ever, nor to a login or another scheme", async () => {
    const circle = await redirecting("/from");
    expect(await rejection(client(circle).get(makeCall(), "/from"))).toMatchObject({
      code: "BACKEND_REJECTED",
      message: expect.stringContaining("more than 5"),
    });
    expect(circle.arrived).toHaveLength(6);
    for (const location of ["http://user:pw@127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/"]) {
      expect(await rejection(client(await redirecting(location)).get(makeCall(), "/from"))).toMatchObject({ code: "BACKEND_REJECTED" });
    }
  });

  it("takes a redirect without a place as a refusal", async () => {
    const server = await loopback((_request, response) => response.writeHead(302).end());
    expect(await rejection(client(server).get(makeCall(), "/x"))).toMatchObject({ code: "BACKEND_REJECTED", details: { status: 302 } });
  });
});
