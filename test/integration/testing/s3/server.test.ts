import { connect } from "node:net";
import { AwsClient } from "aws4fetch";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { type S3ServerOptions, type S3TestServer, startS3Server } from "../../../../src/testing/s3/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

interface Signed {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
}

interface SetUp {
  readonly server: S3TestServer;
  /** Signs with a client that has nothing in common with the server. */
  readonly sign: (method: string, path: string, headers?: Record<string, string>, aws?: object) => Promise<Signed>;
  readonly host: ReturnType<typeof systemHost>;
}

async function setUp(options: Partial<S3ServerOptions> = {}): Promise<SetUp> {
  const host = systemHost();
  const server = await startS3Server({ host, ...options });
  onTestFinished(() => server.close());
  const client = new AwsClient({ ...server.credentials, service: "s3", region: server.region });
  return {
    server,
    host: options.host ?? host,
    sign: async (method, path, headers = {}, aws = {}) => {
      const signed = await client.sign(`${server.url}${path}`, { method, headers, aws: { service: "s3", region: server.region, ...aws } });
      return { url: signed.url, method, headers: Object.fromEntries(signed.headers) };
    },
  };
}

/** Status and the service's word. */
async function send({ url, method, headers }: Signed, body?: string): Promise<readonly [number, string]> {
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
  const text = await response.text();
  return [response.status, /<Code>(.*?)<\/Code>/.exec(text)?.[1] ?? text];
}

describe("signatures in headers", () => {
  it("let the right request in, and nothing that differs from it", async () => {
    const { server, host, sign } = await setUp();
    const payload = { "x-amz-content-sha256": host.sha256("hello"), "x-amz-meta-a": "1" };
    const right = await sign("PUT", "/test-bucket/a", payload);
    expect((await send(right, "hello"))[0]).toBe(200);
    const mismatch = [403, "SignatureDoesNotMatch"];
    expect(await send({ ...right, url: right.url.replace("/a", "/b") }, "hello")).toEqual(mismatch);
    expect(await send({ ...right, url: `${right.url}?versionId=1` }, "hello")).toEqual(mismatch);
    expect(await send({ ...right, method: "POST" }, "hello")).toEqual(mismatch);
    expect(await send({ ...right, headers: { ...right.headers, "x-amz-meta-a": "2" } }, "hello")).toEqual(mismatch);
    expect(await send({ ...right, headers: { ...right.headers, "x-amz-content-sha256": host.sha256("other") } }, "other")).toEqual(
      mismatch,
    );
    expect(await send(right, "other")).toEqual([400, "XAmzContentSHA256Mismatch"]);
    expect(await send({ ...right, headers: { ...right.headers, "x-amz-meta-b": "2" } }, "hello")).toEqual([403, "AccessDenied"]);
    const { "x-amz-meta-a": _, ...less } = right.headers;
    expect(await send({ ...right, headers: less }, "hello")).toEqual(mismatch);
    const { authorization: __, ...anonymous } = right.headers;
    expect(await send({ ...right, headers: anonymous }, "hello")).toEqual([403, "AccessDenied"]);
    expect(server.objects().get("a")?.headers["x-amz-meta-a"]).toBe("1");
    expect([...server.objects().keys()]).toEqual(["a"]);
  });

  it("are refused in another form, for another key, region or time", async () => {
    const host = createVirtualHost({ startMs: Date.UTC(2026, 0, 1) });
    const { sign } = await setUp({ host });
    const at = (ms: number) => ({ datetime: new Date(host.now() + ms).toISOString().replace(/[:-]|\.\d{3}/g, "") });
    const get = (aws: object, headers = {}) => sign("GET", "/test-bucket/a", { "x-amz-content-sha256": EMPTY, ...headers }, aws);
    expect(await send(await get(at(0)))).toEqual([404, "NoSuchKey"]);
    expect(await send(await get(at(14 * 60_000)))).toEqual([404, "NoSuchKey"]);
    expect(await send(await get(at(16 * 60_000)))).toEqual([403, "RequestTimeTooSkewed"]);
    expect(await send(await get(at(-16 * 60_000)))).toEqual([403, "RequestTimeTooSkewed"]);
    expect(await send(await get({ ...at(0), region: "eu-west-1" }))).toEqual([400, "AuthorizationHeaderMalformed"]);
    expect(await send(await get({ ...at(0), service: "sqs" }))).toEqual([400, "AuthorizationHeaderMalformed"]);
    expect(await send(await get({ ...at(0), accessKeyId: "AKOTHER" }))).toEqual([403, "InvalidAccessKeyId"]);
    expect(await send(await get({ ...at(0), secretAccessKey: "other" }))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await send(await get({ ...at(0), sessionToken: "token" }))).toEqual([400, "InvalidToken"]);
    const right = await get(at(0));
    const spoiled = { ...right.headers, authorization: right.headers["authorization"]?.replace("AWS4-HMAC-SHA256", "AWS4") ?? "" };
    expect(await send({ ...right, headers: spoiled })).toEqual([400, "AuthorizationHeaderMalformed"]);
    const { "x-amz-content-sha256": _, ...undigested } = right.headers;
    expect(await send({ ...right, headers: undigested })).toEqual([400, "InvalidRequest"]);
  });
});

describe("signatures in URLs", () => {
  const presign = { signQuery: true };

  it("are judged by the injected clock", async () => {
    const host = createVirtualHost({ startMs: Date.UTC(2026, 0, 1) });
    const { server, sign } = await setUp({ host });
    server.seed("a", Buffer.from("x"));
    const signed = await sign("GET", "/test-bucket/a?X-Amz-Expires=60", {}, { ...presign, datetime: "20260101T000000Z" });
    expect(await send(signed)).toEqual([200, "x"]);
    host.jumpClock(60_000);
    expect(await send(signed)).toEqual([200, "x"]);
    host.jumpClock(1);
    expect(await send(signed)).toEqual([403, "AccessDenied"]);
    host.jumpClock(-17 * 60_000);
    expect(await send(signed)).toEqual([403, "AccessDenied"]);
    expect(server.log.map(({ status, signed: kind, at, error }) => [status, kind, at - Date.UTC(2026, 0, 1), error])).toEqual([
      [200, "presigned", 0, undefined],
      [200, "presigned", 60_000, undefined],
      [403, "presigned", 60_001, "AccessDenied"],
      [403, "presigned", 60_001 - 17 * 60_000, "AccessDenied"],
    ]);
  });

  it("need all their parameters", async () => {
    const { sign } = await setUp();
    const signed = await sign("GET", "/test-bucket/a", {}, presign);
    for (const name of ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders"]) {
      const url = new URL(signed.url);
      url.searchParams.delete(name);
      expect(await send({ ...signed, url: url.href }), name).toEqual([400, "AuthorizationQueryParametersError"]);
    }
    const unsigned = new URL(signed.url);
    unsigned.searchParams.delete("X-Amz-Signature");
    expect(await send({ ...signed, url: unsigned.href })).toEqual([403, "AccessDenied"]);
    const week = await sign("GET", "/test-bucket/a?X-Amz-Expires=604801", {}, presign);
    expect(await send(week)).toEqual([400, "AuthorizationQueryParametersError"]);
  });
});

describe("objects", () => {
  it("have ranges, conditions and chosen headers", async () => {
    const { server, sign } = await setUp();
    server.seed("a", Buffer.from("0123456789"), { headers: { "content-type": "text/plain" } });
    const get = async (headers: Record<string, string>, query = "") => {
      const signed = await sign("GET", `/test-bucket/a${query}`, { "x-amz-content-sha256": EMPTY });
      const response = await fetch(signed.url, { headers: { ...signed.headers, ...headers } });
      return [response.status, await response.text(), response.headers.get("content-range")] as const;
    };
    expect(await get({ range: "bytes=2-4" })).toEqual([206, "234", "bytes 2-4/10"]);
    expect(await get({ range: "bytes=8-" })).toEqual([206, "89", "bytes 8-9/10"]);
    expect(await get({ range: "bytes=-3" })).toEqual([206, "789", "bytes 7-9/10"]);
    expect(await get({ range: "bytes=5-100" })).toEqual([206, "56789", "bytes 5-9/10"]);
    expect((await get({ range: "bytes=10-" }))[0]).toBe(416);
    expect((await get({ range: "pages=1-2" }))[0]).toBe(200);
    const etag = server.objects().get("a")?.etag ?? "";
    expect((await get({ "if-match": etag }))[0]).toBe(200);
    expect((await get({ "if-match": '"other"' }))[0]).toBe(412);
    expect((await get({ "if-none-match": etag }))[0]).toBe(304);
    const chosen = await sign("GET", "/test-bucket/a?response-content-type=x%2Fy", { "x-amz-content-sha256": EMPTY });
    expect((await fetch(chosen.url, { headers: chosen.headers })).headers.get("content-type")).toBe("x/y");
  });

  it("are not written without a length, or beyond the largest", async () => {
    const { server, sign } = await setUp({ maxPutBytes: 10 });
    const signed = await sign("PUT", "/test-bucket/a", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" });
    expect(await send(signed, "01234567890")).toEqual([400, "EntityTooLarge"]);
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(new Uint8Array(3));
        controller.close();
      },
    });
    const chunked = await fetch(signed.url, { method: "PUT", headers: signed.headers, body, duplex: "half" } as RequestInit);
    expect(chunked.status).toBe(411);
    const streaming = await sign("PUT", "/test-bucket/a", { "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" });
    expect(await send(streaming, "x")).toEqual([501, "NotImplemented"]);
    const nonsense = await sign("PUT", "/test-bucket/a", { "x-amz-content-sha256": "abc" });
    expect(await send(nonsense, "x")).toEqual([400, "InvalidArgument"]);
    expect(await send(await sign("PUT", `/test-bucket/${"x".repeat(1_025)}`), "x")).toEqual([400, "KeyTooLongError"]);
    expect(server.objects().size).toBe(0);
  });

  it("are written on condition", async () => {
    const { server, sign } = await setUp();
    const put = async (headers: Record<string, string>, body: string) => send(await sign("PUT", "/test-bucket/a", headers), body);
    expect((await put({ "if-none-match": "*" }, "first"))[0]).toBe(200);
    expect(await put({ "if-none-match": "*" }, "second")).toEqual([412, "PreconditionFailed"]);
    expect(await put({ "if-match": '"other"' }, "second")).toEqual([412, "PreconditionFailed"]);
    expect((await put({ "if-match": server.objects().get("a")?.etag ?? "" }, "second"))[0]).toBe(200);
    expect(Buffer.from(server.objects().get("a")?.bytes ?? []).toString()).toBe("second");
  });

  it("of another bucket need rights of their own, and copies need both", async () => {
    const credentials = [{ accessKeyId: "AKONE", secretAccessKey: "one", buckets: ["one"] }];
    const { server, sign } = await setUp({ buckets: ["one", "two"], credentials });
    server.seed("a", Buffer.from("x"), { bucket: "two" });
    expect(await send(await sign("GET", "/two/a"))).toEqual([403, "AccessDenied"]);
    expect(await send(await sign("PUT", "/one/b", { "x-amz-copy-source": "/two/a" }))).toEqual([403, "AccessDenied"]);
    server.seed("a", Buffer.from("x"));
    expect((await send(await sign("PUT", "/one/b", { "x-amz-copy-source": "/one/a" })))[0]).toBe(200);
    expect(await send(await sign("PUT", "/one/b", { "x-amz-copy-source": "/one/b" }))).toEqual([400, "InvalidRequest"]);
    expect(await send(await sign("PUT", "/one/b", { "x-amz-copy-source": "/one/missing" }))).toEqual([404, "NoSuchKey"]);
    expect(await send(await sign("PUT", "/one/b", { "x-amz-copy-source": "one" }))).toEqual([400, "InvalidArgument"]);
    const changed = { "x-amz-copy-source": "/one/a", "x-amz-copy-source-if-match": '"other"' };
    expect(await send(await sign("PUT", "/one/b", changed))).toEqual([412, "PreconditionFailed"]);
  });
});

describe("uploads in parts", () => {
  const complete = (parts: readonly (readonly [number, string])[]) =>
    `<CompleteMultipartUpload>${parts.map(([number, etag]) => `<Part><PartNumber>${number}</PartNumber><ETag>${etag}</ETag></Part>`).join("")}</CompleteMultipartUpload>`;

  it("are held to order, tags, sizes and numbers", async () => {
    const { server, sign } = await setUp({ minPartBytes: 5 });
    const begun = await send(await sign("POST", "/test-bucket/a?uploads="));
    const uploadId = /<UploadId>(.*?)</.exec(begun[1])?.[1] ?? "";
    const part = async (number: number, body: string) => {
      const signed = await sign("PUT", `/test-bucket/a?partNumber=${number}&uploadId=${uploadId}`);
      const response = await fetch(signed.url, { method: "PUT", headers: signed.headers, body });
      return response.headers.get("etag") ?? String(response.status);
    };
    const finish = async (parts: readonly (readonly [number, string])[], key = "a") =>
      send(await sign("POST", `/test-bucket/${key}?uploadId=${uploadId}`), complete(parts));
    const [one, two, small] = [await part(1, "11111"), await part(2, "22222"), await part(3, "3")];
    expect(await part(0, "x")).toBe("400");
    expect(await part(10_001, "x")).toBe("400");
    expect(await finish([])).toEqual([400, "MalformedXML"]);
    expect(
      await finish([
        [2, two],
        [1, one],
      ]),
    ).toEqual([400, "InvalidPartOrder"]);
    expect(
      await finish([
        [1, one],
        [1, one],
      ]),
    ).toEqual([400, "InvalidPartOrder"]);
    expect(await finish([[1, two]])).toEqual([400, "InvalidPart"]);
    expect(await finish([[4, one]])).toEqual([400, "InvalidPart"]);
    const fourth = await part(4, "44444");
    expect(
      await finish([
        [1, one],
        [3, small],
        [4, fourth],
      ]),
    ).toEqual([400, "EntityTooSmall"]);
    expect(await finish([[1, one]], "b")).toEqual([404, "NoSuchUpload"]);
    expect(server.objects().size).toBe(0);
    expect(
      (
        await finish([
          [1, one.replaceAll('"', "&quot;")],
          [2, two],
          [3, small],
        ])
      )[0],
    ).toBe(200);
    expect(Buffer.from(server.objects().get("a")?.bytes ?? []).toString()).toBe("11111222223");
    expect(server.objects().get("a")?.etag).toMatch(/-3"$/);
    expect(await finish([[1, one]])).toEqual([404, "NoSuchUpload"]);
    expect(server.uploads).toEqual([]);
  });
});

describe("the server itself", () => {
  it("logs every request, also the unreadable ones, and forgets on demand", async () => {
    const { server, sign } = await setUp();
    await send(await sign("PUT", "/test-bucket/a%20b", {}), "hello");
    await send({ url: `${server.url}/test-bucket/%zz`, method: "GET", headers: {} });
    await send({ url: `${server.url}/`, method: "PATCH", headers: {} });
    expect(server.log).toEqual([
      {
        method: "PUT",
        bucket: "test-bucket",
        key: "a b",
        operation: "PutObject",
        signed: "header",
        status: 200,
        at: expect.any(Number),
        receivedBytes: 5,
        sentBytes: 0,
      },
      expect.objectContaining({ method: "GET", operation: "Unknown", signed: "none", status: 400, error: "InvalidURI" }),
      expect.objectContaining({ method: "PATCH", signed: "none", status: 403, error: "AccessDenied" }),
    ]);
    server.reset();
    expect(server.log).toEqual([]);
  });

  it("implements nothing by accident", async () => {
    const { sign } = await setUp();
    for (const [method, path] of [
      ["PUT", "/test-bucket"],
      ["GET", "/test-bucket?acl="],
      ["POST", "/test-bucket/a?restore="],
      ["GET", "/test-bucket?list-type=2&delimiter=%2F"],
    ] as const) {
      expect((await send(await sign(method, path), method === "GET" ? undefined : ""))[0], path).toBe(501);
    }
    expect(await send(await sign("GET", "/missing/a"))).toEqual([404, "NoSuchBucket"]);
  });

  it("strikes only requests that match, so often as was ordered, and after those that pass", async () => {
    const { server, sign } = await setUp();
    server.seed("a", Buffer.from("x"));
    server.seed("b", Buffer.from("x"));
    server.inject({
      operation: "GetObject",
      key: /^a$/g,
      skip: 1,
      times: 2,
      fault: { kind: "status", status: 500, code: "InternalError" },
    });
    const statuses: number[] = [];
    for (const key of ["a", "b", "a", "b", "a", "a"]) statuses.push((await send(await sign("GET", `/test-bucket/${key}`)))[0]);
    expect(statuses).toEqual([200, 200, 500, 200, 500, 200]);
    // A request that is not let in uses no fault up.
    server.inject({ key: "a", fault: { kind: "status" } });
    await send({ url: `${server.url}/test-bucket/a`, method: "GET", headers: {} });
    expect((await send(await sign("GET", "/test-bucket/a")))[0]).toBe(503);
  });

  it("cuts connections as ordered, and does or does not do the work first", async () => {
    const { server, sign } = await setUp();
    server.inject({ key: "before", fault: { kind: "reset", done: false } });
    server.inject({ key: "after", fault: { kind: "reset", done: true } });
    server.inject({ key: "during", fault: { kind: "cut-upload", afterBytes: 2 } });
    for (const key of ["before", "after", "during"])
      await expect(send(await sign("PUT", `/test-bucket/${key}`), "hello")).rejects.toThrow();
    expect([...server.objects().keys()]).toEqual(["after"]);
    expect(server.log.map(({ status }) => status)).toEqual([0, 0, 0]);
    server.inject({ fault: { kind: "truncate", afterBytes: 2 } });
    const signed = await sign("GET", "/test-bucket/after");
    const response = await fetch(signed.url, { headers: signed.headers });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it("survives clients that go away, and closes at once although something hangs", async () => {
    const { server, sign } = await setUp();
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    const signed = await sign("PUT", "/test-bucket/a", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" });
    const path = new URL(signed.url).pathname;
    const head = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.write(`PUT ${path} HTTP/1.1\r\nhost: ${new URL(server.url).host}\r\n${head.join("")}content-length: 100\r\n\r\nabc`);
    await expect.poll(() => new Promise((resolve) => socket.write("d", () => resolve(true)))).toBe(true);
    socket.destroy();
    await expect.poll(() => server.log.at(-1)?.status).toBe(0);
    expect(server.objects().size).toBe(0);
    server.inject({ fault: { kind: "hang" } });
    const hanging = send(await sign("GET", "/test-bucket/a"));
    const failed = expect(hanging).rejects.toThrow();
    await expect.poll(() => send({ url: `${server.url}/`, method: "GET", headers: {} })).toEqual([403, "AccessDenied"]);
    await server.close();
    await server.close();
    await failed;
  });

  it("needs a bucket and a key pair, and makes keys up that differ", async () => {
    const host = systemHost();
    await expect(startS3Server({ host, buckets: [] })).rejects.toThrow();
    await expect(startS3Server({ host, credentials: [] })).rejects.toThrow();
    const [a, b] = [await setUp(), await setUp()];
    expect(a.server.credentials.secretAccessKey).not.toBe(b.server.credentials.secretAccessKey);
    const signed = await a.sign("GET", "/test-bucket/a");
    expect(await send({ ...signed, url: signed.url.replace(a.server.url, b.server.url) })).toEqual([403, "InvalidAccessKeyId"]);
  });
});
