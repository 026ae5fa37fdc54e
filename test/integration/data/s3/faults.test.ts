import { describe, expect, it } from "vitest";
import type { S3TestFault } from "../../../../src/testing/s3/index.js";
import { bytes, inPieces, noise, readAll, setUp, sha256, storeAt, text } from "./fixture.js";

const passing: Readonly<Record<string, S3TestFault>> = {
  "503 SlowDown": { kind: "status" },
  "500 InternalError": { kind: "status", status: 500, code: "InternalError" },
  "429": { kind: "status", status: 429, code: "TooManyRequests" },
  "a reset before": { kind: "reset", done: false },
  "a reset after": { kind: "reset", done: true },
  "400 RequestTimeout": { kind: "status", status: 400, code: "RequestTimeout" },
};

describe("failures that pass", () => {
  it.each(Object.entries(passing))("are waited out: %s", async (_name, fault) => {
    const { host, server, store, base, options } = await setUp();
    const data = noise(100_000);
    for (const operation of ["PutObject", "GetObject", "CopyObject", "ListObjectsV2", "DeleteObject"] as const) {
      server.inject({ operation, times: 2, fault });
    }
    // Answers to HEAD have no body to say what a 400 is about.
    if (!("status" in fault && fault.status === 400)) server.inject({ operation: "HeadObject", times: 2, fault });
    expect(await store.put(`${base}a`, { stream: inPieces(data, 999) }, options)).toMatchObject({ sha256: sha256(data) });
    expect(await store.stat(`${base}a`, options)).toMatchObject({ size: data.length });
    expect(sha256(await readAll(await store.read(`${base}a`, options)))).toBe(sha256(data));
    await store.copy(`${base}a`, `${base}b`, options);
    expect((await store.list(base, options)).length).toBe(2);
    await store.remove(`${base}a`, options);
    expect([...server.objects().keys()]).toEqual(["spillway/b"]);
    const failed = server.log.filter(({ status, error }) => status === 0 || error !== undefined);
    expect(host.pauses.length).toBe(failed.length);
    expect(failed.length).toBeGreaterThanOrEqual(10);
    // Half to one and a half times 250 ms, then of 500 ms.
    for (const [index, pause] of host.pauses.entries()) {
      expect(pause / (index % 2 === 0 ? 250 : 500)).toBeGreaterThanOrEqual(0.5);
      expect(pause / (index % 2 === 0 ? 250 : 500)).toBeLessThanOrEqual(1.5);
    }
  });

  it("are reported when they do not pass, after a bounded number of tries", async () => {
    const { server, base, options } = await setUp();
    const store = storeAt(server, { retries: 2 });
    server.inject({ times: 100, fault: { kind: "status" } });
    await expect(store.stat(`${base}a`, options)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_UNAVAILABLE",
      effect: "none",
      message: expect.stringContaining("503, 3 times"),
    });
    expect(server.log.length).toBe(3);
  });

  it("are waited out as long as the service asks", async () => {
    const { host, server, store, base, options } = await setUp();
    server.inject({ fault: { kind: "status", retryAfterSeconds: 7 } });
    await store.remove(`${base}a`, options);
    expect(host.pauses).toEqual([7_000]);
  });

  it("end at once when the caller gives up, during a pause or a request", async () => {
    const { host, server, store, base } = await setUp();
    const abort = new AbortController();
    server.inject({ times: 100, fault: { kind: "status", retryAfterSeconds: 100_000 } });
    const pausing = store.stat(`${base}a`, { host, signal: abort.signal });
    setTimeout(() => abort.abort("enough"), 50);
    await expect(pausing).rejects.toBe("enough");
    server.reset();
    server.inject({ fault: { kind: "hang" } });
    const hanging = new AbortController();
    const waiting = store.stat(`${base}a`, { host, signal: hanging.signal });
    setTimeout(() => hanging.abort("enough"), 50);
    await expect(waiting).rejects.toBe("enough");
    await expect(store.stat(`${base}a`, { host, signal: hanging.signal })).rejects.toBe("enough");
  });

  it("include silence", async () => {
    const { host, server, base, options } = await setUp();
    const store = storeAt(server, { timeoutMs: 20_000, retries: 1 });
    // Only this host's long timers are real; it is told to shorten them.
    const hurried = { ...host, setTimer: (ms: number, fire: () => void) => host.setTimer(ms >= 10_000 ? 10_000 / 1_000 : ms, fire) };
    server.seed("spillway/a", Buffer.from("x"));
    server.inject({ operation: "GetObject", times: 100, fault: { kind: "hang" } });
    await expect(store.read(`${base}a`, { ...options, host: hurried })).rejects.toMatchObject({
      code: "ARTIFACT_STORE_UNAVAILABLE",
      message: expect.stringContaining("no answer within 20000 ms, 2 times"),
    });
  });

  it("include bytes that arrive damaged", async () => {
    const { host, server, base, options } = await setUp();
    let damaged = 0;
    const store = storeAt(server, {
      fetch: (input, init) => {
        if (!(init?.body instanceof Uint8Array) || damaged > 0) return fetch(input, init);
        damaged += 1;
        const body = new Uint8Array(init.body);
        body[0] = (body[0] ?? 0) ^ 1;
        return fetch(input, { ...init, body });
      },
    });
    await store.put(`${base}a`, bytes("exactly this"), options);
    expect(await text(store, `${base}a`, host)).toBe("exactly this");
    expect(server.log.map(({ error }) => error)).toEqual(["XAmzContentSHA256Mismatch", undefined, undefined]);
  });
});

describe("a body that breaks off", () => {
  it("is continued from there, however often, as long as it goes on", async () => {
    const { server, store, base, options } = await setUp({ retries: 1 });
    const data = noise(2_000_000);
    server.seed("spillway/a", data);
    server.inject({ operation: "GetObject", times: 6, fault: { kind: "truncate", afterBytes: 300_000 } });
    const read = await readAll(await store.read(`${base}a`, { ...options, sha256: sha256(data) }));
    expect(sha256(read)).toBe(sha256(data));
    expect(server.log.map(({ status }) => status)).toEqual([200, 206, 206, 206, 206, 206, 206]);
  });

  it("is given up when nothing more comes", async () => {
    const { server, store, base, options } = await setUp({ retries: 2 });
    server.seed("spillway/a", noise(1_000_000));
    server.inject({ operation: "GetObject", fault: { kind: "truncate", afterBytes: 100_000 } });
    server.inject({ operation: "GetObject", times: 100, fault: { kind: "truncate", afterBytes: 0 } });
    await expect(readAll(await store.read(`${base}a`, options))).rejects.toMatchObject({
      code: "ARTIFACT_STORE_UNAVAILABLE",
      message: expect.stringContaining("broke off after 100000 of 1000000 bytes"),
    });
  });

  it("is never continued with another object's bytes", async () => {
    const { server, store, base, options } = await setUp();
    server.seed("spillway/a", noise(1_000_000, 1));
    server.inject({ operation: "GetObject", fault: { kind: "truncate", afterBytes: 100_000 } });
    const reading = (async () => {
      for await (const _ of await store.read(`${base}a`, options)) server.seed("spillway/a", noise(1_000_000, 2));
    })();
    await expect(reading).rejects.toMatchObject({ code: "OUTPUT_DIGEST_MISMATCH" });
  });

  it("ends promptly when the caller gives up", async () => {
    const { host, server, store, base } = await setUp();
    server.seed("spillway/a", noise(1_000_000));
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of await store.read(`${base}a`, { host, signal: abort.signal })) abort.abort("enough");
    })();
    await expect(reading).rejects.toBe("enough");
  });
});

describe("refusals", () => {
  it("say which key is wrong, and show neither keys nor signatures", async () => {
    const { host, server, base, options } = await setUp();
    const { accessKeyId, secretAccessKey } = server.credentials;
    const wrongSecret = storeAt(server, { credentials: { accessKeyId, secretAccessKey: "a-wrong-secret" } });
    const wrongKey = storeAt(server, { credentials: { accessKeyId: "AKWRONG", secretAccessKey } });
    const seen: string[] = [];
    for (const [store, reason] of [
      [wrongSecret, "SignatureDoesNotMatch"],
      [wrongKey, "InvalidAccessKeyId"],
    ] as const) {
      for (const call of [
        () => store.put(`${base}a`, bytes("x"), options),
        () => store.read(`${base}a`, options),
        () => store.list(base, options),
      ]) {
        const error: unknown = await call().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        expect(error).toMatchObject({ code: "ARTIFACT_STORE_DENIED", retry: "later", effect: "none", details: { reason, status: 403 } });
        seen.push(String(error), JSON.stringify(error), String((error as Error).stack));
      }
    }
    expect(host.pauses).toEqual([]);
    expect(server.log.length).toBe(6);
    for (const shown of seen) expect(shown).not.toMatch(/a-wrong-secret|Signature=|X-Amz-|AWS4-HMAC/);
    for (const shown of seen) expect(shown).not.toContain(secretAccessKey);
  });

  it("are told apart: clock, token, region, bucket", async () => {
    const { host, server, store, base, options } = await setUp();
    const real = host.now;
    host.offsetMs = 3_600_000;
    const late = { ...options, host: { ...host, now: () => real() - 3_600_000 } };
    await expect(store.list(base, late)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_DENIED",
      details: { reason: "RequestTimeTooSkewed" },
      message: expect.stringContaining("clock"),
    });
    const expired = storeAt(server, { credentials: { ...server.credentials, sessionToken: "old" } });
    await expect(expired.list(base, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED", details: { reason: "InvalidToken" } });
    await expect(storeAt(server, { region: "eu-west-1" }).list(base, options)).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      details: { field: "region" },
      message: expect.stringContaining("Set `region` to us-east-1."),
    });
    await expect(storeAt(server, { bucket: "missing" }).list("s3://missing/", options)).rejects.toMatchObject({
      code: "INVALID_CONFIG",
      details: { field: "bucket" },
    });
    await expect(store.list("s3://unknown/", options)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
  });

  it("of other kinds are not asked for twice", async () => {
    const { server, store, base, options } = await setUp({ conditionalWrites: true });
    server.inject({ operation: "PutObject", fault: { kind: "status", status: 501, code: "NotImplemented" } });
    await expect(store.put(`${base}a`, bytes("x"), options)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_DENIED",
      retry: "never",
      details: { status: 501, reason: "NotImplemented" },
    });
    expect(server.log.length).toBe(1);
  });

  it("tell a readable key from one that may write", async () => {
    const credentials = [{ accessKeyId: "AKREAD", secretAccessKey: "reader", readOnly: true }];
    const { host, server, store, base, options } = await setUp({}, { credentials });
    server.seed("spillway/a", Buffer.from("x"));
    expect(await text(store, `${base}a`, host)).toBe("x");
    expect(await store.list(base, options)).toEqual([`${base}a`]);
    await expect(store.put(`${base}a`, bytes("y"), options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED" });
    await expect(store.remove(`${base}a`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED" });
  });

  it("come with no answer at all when nothing listens", async () => {
    const { server, store, base, options } = await setUp({ retries: 1 });
    await server.close();
    await expect(store.stat(`${base}a`, options)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_UNAVAILABLE",
      message: expect.stringContaining("refused, 2 times"),
    });
  });
});

describe("failures of `fetch`", () => {
  it("that are not known are waited out too, and mistakes of the program are not", async () => {
    const { server, base, options } = await setUp();
    let left = 1;
    const odd = storeAt(server, {
      fetch: (input, init) => {
        left -= 1;
        return left >= 0 ? Promise.reject(new TypeError("fetch failed", { cause: new Error("something new") })) : fetch(input, init);
      },
    });
    expect(await odd.stat(`${base}a`, options)).toBeUndefined();
    const mistake = new TypeError("x is not a function");
    const broken = storeAt(server, { fetch: () => Promise.reject(mistake) });
    await expect(broken.stat(`${base}a`, options)).rejects.toBe(mistake);
  });
});
