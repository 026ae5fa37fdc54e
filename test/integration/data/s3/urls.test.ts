import { describe, expect, it } from "vitest";
import { bytes, setUp, sha256, storeAt } from "./fixture.js";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Status and the service's word for the refusal. */
async function answer(url: string | URL, init?: RequestInit): Promise<readonly [number, string]> {
  const response = await fetch(url, init);
  const body = await response.text();
  return [response.status, /<Code>(.*?)<\/Code>/.exec(body)?.[1] ?? body];
}

const put = (body: string, headers: Readonly<Record<string, string>> = {}): RequestInit => ({ method: "PUT", body, headers });

describe("a URL for reading", () => {
  it("gives anyone this object and nothing else", async () => {
    const { server, store, base, options } = await setUp();
    await store.put(`${base}1/a`, bytes("mine"), options);
    await store.put(`${base}2/a`, bytes("another attempt's"), options);
    const url = await store.readUrl(`${base}1/a`, HOUR_MS, options);
    server.reset();
    expect(await answer(url)).toEqual([200, "mine"]);
    expect(await answer(url, { headers: { range: "bytes=1-2" } })).toEqual([206, "in"]);
    expect(await answer(url.replace("/1/a", "/2/a"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url.replace("/1/a", "/2/../1/a"))).toEqual([200, "mine"]); // The client tidied it: the same address.
    expect(await answer(`${server.url}/test-bucket/spillway/1/a`)).toEqual([403, "AccessDenied"]);
    for (const init of [put("x"), { method: "DELETE" }, { method: "POST", body: "" }]) {
      expect(await answer(url, init)).toEqual([403, "SignatureDoesNotMatch"]);
    }
    expect((await fetch(url, { method: "HEAD" })).status).toBe(403);
    // Listing the bucket with a URL for an object.
    const listing = new URL(url);
    listing.pathname = "/test-bucket";
    listing.searchParams.set("list-type", "2");
    expect(await answer(listing)).toEqual([403, "SignatureDoesNotMatch"]);
    expect(server.log.filter(({ status }) => status < 300).map(({ method, key, signed }) => `${method} ${key} ${signed}`)).toEqual([
      "GET spillway/1/a presigned",
      "GET spillway/1/a presigned",
      "GET spillway/1/a presigned",
    ]);
    expect(server.objects().size).toBe(2);
  });

  it("fails when any part of it is changed", async () => {
    const { host, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("x"), options);
    const url = await store.readUrl(`${base}a`, HOUR_MS, options);
    const change = (name: string, value: string): URL => {
      const changed = new URL(url);
      changed.searchParams.set(name, value);
      return changed;
    };
    const signature = new URL(url).searchParams.get("X-Amz-Signature") ?? "";
    expect(await answer(change("X-Amz-Expires", "604800"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(change("X-Amz-Expires", "604801"))).toEqual([400, "AuthorizationQueryParametersError"]);
    expect(await answer(change("X-Amz-SignedHeaders", "host;range"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(change("X-Amz-SignedHeaders", "range"))).toEqual([403, "AccessDenied"]);
    expect(await answer(change("response-content-type", "text/html"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(
      await answer(
        change(
          "X-Amz-Signature",
          signature.replace(/^./, (c) => (c === "0" ? "1" : "0")),
        ),
      ),
    ).toEqual([403, "SignatureDoesNotMatch"]);
    const later = new Date(host.now() + 60_000).toISOString().replace(/[:-]|\.\d{3}/g, "");
    expect(await answer(change("X-Amz-Date", later))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url, { headers: { "x-amz-meta-a": "b" } })).toEqual([403, "AccessDenied"]);
  });

  it("ends after its time, not before", async () => {
    const { host, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("x"), options);
    const url = await store.readUrl(`${base}a`, HOUR_MS, options);
    host.offsetMs = HOUR_MS - 2_000;
    expect((await answer(url))[0]).toBe(200);
    host.offsetMs = HOUR_MS + 2_000;
    expect(await answer(url)).toEqual([403, "AccessDenied"]);
  });

  it("lives at most seven days", async () => {
    const { host, server, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("x"), options);
    const url = await store.readUrl(`${base}a`, 7 * DAY_MS, options);
    host.offsetMs = 7 * DAY_MS - 2_000;
    expect((await answer(url))[0]).toBe(200);
    server.reset();
    for (const call of [
      store.readUrl(`${base}a`, 7 * DAY_MS + 1, options),
      store.writeUrl?.(`${base}a`, 8 * DAY_MS, {}, options),
      store.grantWrite?.(`${base}a`, Number.POSITIVE_INFINITY, {}, options),
      store.parted?.partUrls({ uri: `${base}a`, uploadId: "u", partBytes: 1, parts: 1 }, 8 * DAY_MS, options),
    ]) {
      await expect(call).rejects.toMatchObject({ code: "UNSUPPORTED_WORKLOAD", retry: "never", details: { field: "timeout" } });
    }
    expect(server.log).toEqual([]);
  });

  it("is not signed beyond the life of temporary credentials, and carries their token", async () => {
    const pair = { accessKeyId: "ASIATEMP", secretAccessKey: "temporary", sessionToken: "token/with+odd=characters" };
    const { host, server, base, options } = await setUp({}, { credentials: [pair] });
    const store = storeAt(server, { credentials: { ...pair, expiresAtMs: host.now() + HOUR_MS } });
    await store.put(`${base}a`, bytes("x"), options);
    const url = await store.readUrl(`${base}a`, HOUR_MS / 2, options);
    expect(await answer(url)).toEqual([200, "x"]);
    const without = new URL(url);
    without.searchParams.delete("X-Amz-Security-Token");
    expect(await answer(without)).toEqual([400, "InvalidToken"]);
    await expect(store.readUrl(`${base}a`, HOUR_MS + 1, options)).rejects.toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
  });
});

describe("a URL for writing", () => {
  it("stores one object, over and over, without any header", async () => {
    const { server, store, base, options } = await setUp();
    await store.put(`${base}2/out`, bytes("another attempt's"), options);
    const url = (await store.writeUrl?.(`${base}1/out`, HOUR_MS, { maxBytes: 10 }, options)) ?? "";
    expect((await answer(url, put("first")))[0]).toBe(200);
    expect((await answer(url, put("second and longer")))[0]).toBe(200);
    expect(await answer(url)).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url, { method: "DELETE" })).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url.replace("/1/out", "/2/out"), put("taken over"))).toEqual([403, "SignatureDoesNotMatch"]);
    const objects = [...server.objects()].map(([key, object]) => [key, Buffer.from(object.bytes).toString()]);
    expect(objects.sort()).toEqual([
      ["spillway/1/out", "second and longer"],
      ["spillway/2/out", "another attempt's"],
    ]);
  });

  it("lets nobody add metadata, so that a digest there is ours", async () => {
    const { server, store, base, options } = await setUp({ digestMetadata: true });
    const url = (await store.writeUrl?.(`${base}out`, HOUR_MS, {}, options)) ?? "";
    const lie = { "x-amz-meta-spillway-sha256": sha256("what was wanted") };
    expect(await answer(url, put("rubbish", lie))).toEqual([403, "AccessDenied"]);
    expect((await answer(url, put("rubbish")))[0]).toBe(200);
    expect(await store.stat(`${base}out`, options)).not.toHaveProperty("sha256");
    expect(server.objects().size).toBe(1);
  });

  it("does not believe digests in metadata where the service lets anybody set them", async () => {
    const { store, base, options } = await setUp({}, { strictHeaders: false });
    const url = (await store.writeUrl?.(`${base}out`, HOUR_MS, {}, options)) ?? "";
    const lie = { "x-amz-meta-spillway-sha256": sha256("what was wanted") };
    expect((await answer(url, put("rubbish", lie)))[0]).toBe(200);
    expect(await store.stat(`${base}out`, options)).toEqual({ size: 7, version: expect.any(String) });
  });

  it("takes no other bytes than those whose digest it was made for", async () => {
    const { server, store, base, options } = await setUp();
    const grant = await store.grantWrite?.(`${base}out`, HOUR_MS, { sha256: sha256("right").toUpperCase() }, options);
    expect(grant).toMatchObject({ headers: { "x-amz-content-sha256": sha256("right") }, enforced: ["sha256"] });
    const { url = "", headers = {} } = grant ?? {};
    expect(await answer(url, put("wrong", headers))).toEqual([400, "XAmzContentSHA256Mismatch"]);
    expect(await answer(url, put("wrong", { "x-amz-content-sha256": sha256("wrong") }))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url, put("wrong", { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(await answer(url, put("wrong"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect(server.objects().size).toBe(0);
    expect((await answer(url, put("right", headers)))[0]).toBe(200);
    const bare = (await store.writeUrl?.(`${base}bare`, HOUR_MS, { sha256: sha256("right") }, options)) ?? "";
    expect((await answer(bare, put("wrong")))[0]).toBe(403);
    expect((await answer(bare, put("right", headers)))[0]).toBe(200);
  });

  it("writes only once where the service can", async () => {
    const { store, base, options } = await setUp({ conditionalWrites: true });
    const grant = await store.grantWrite?.(`${base}out`, HOUR_MS, { once: true }, options);
    expect(grant).toMatchObject({ headers: { "if-none-match": "*" }, enforced: ["once"] });
    const { url = "", headers = {} } = grant ?? {};
    expect(await answer(url, put("x"))).toEqual([403, "SignatureDoesNotMatch"]);
    expect((await answer(url, put("first", headers)))[0]).toBe(200);
    expect(await answer(url, put("second", headers))).toEqual([412, "PreconditionFailed"]);
    expect(await answer(await store.readUrl(`${base}out`, HOUR_MS, options))).toEqual([200, "first"]);
  });

  it("says that it cannot where the service is not known to", async () => {
    const { store, base, options } = await setUp({}, { conditionalWrites: false });
    expect(await store.grantWrite?.(`${base}out`, HOUR_MS, { once: true }, options)).toMatchObject({ enforced: [] });
    expect((await store.grantWrite?.(`${base}out`, HOUR_MS, { once: true }, options))?.headers).not.toHaveProperty("if-none-match");
  });

  it("asks for encryption at rest by headers, and leaves it to the bucket where no header can be sent", async () => {
    const { server, store, base, options } = await setUp({ serverSideEncryption: { kmsKeyId: "key-1" } });
    const wanted = { "x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": "key-1" };
    const grant = await store.grantWrite?.(`${base}granted`, HOUR_MS, {}, options);
    expect(grant?.headers).toEqual({ ...wanted, "content-type": "application/octet-stream" });
    expect((await answer(grant?.url ?? "", put("x", grant?.headers)))[0]).toBe(200);
    expect((await answer(grant?.url ?? "", put("x")))[0]).toBe(403);
    await store.put(`${base}put`, bytes("x"), options);
    await store.copy(`${base}put`, `${base}copy`, options);
    for (const key of ["granted", "put", "copy"]) expect(server.objects().get(`spillway/${key}`)?.headers).toMatchObject(wanted);
    expect((await answer((await store.writeUrl?.(`${base}bare`, HOUR_MS, {}, options)) ?? "", put("x")))[0]).toBe(200);
  });

  it("satisfies a bucket that demands encryption", async () => {
    const { store, base, options } = await setUp({ serverSideEncryption: "AES256" }, { requireEncryption: true });
    await store.put(`${base}a`, bytes("x"), options);
    await store.copy(`${base}a`, `${base}b`, options);
    const grant = await store.grantWrite?.(`${base}c`, HOUR_MS, {}, options);
    expect((await answer(grant?.url ?? "", put("x", grant?.headers)))[0]).toBe(200);
  });

  it("takes nothing that a browser would show", async () => {
    const { server, store, base, options } = await setUp();
    const { url = "", headers = {} } = (await store.grantWrite?.(`${base}out`, HOUR_MS, {}, options)) ?? {};
    expect(await answer(url, put("<script>", { "content-type": "text/html" }))).toEqual([403, "SignatureDoesNotMatch"]);
    expect((await answer(url, put("<script>", headers)))[0]).toBe(200);
    expect(server.objects().get("spillway/out")?.headers).toMatchObject({ "content-type": "application/octet-stream" });
  });

  it("tells when it ends", async () => {
    const { host, store, base, options } = await setUp();
    const grant = await store.grantWrite?.(`${base}out`, HOUR_MS, {}, options);
    expect(Math.abs((grant?.expiresAtMs ?? 0) - host.now() - HOUR_MS)).toBeLessThan(2_000);
    host.offsetMs = HOUR_MS + 2_000;
    expect(await answer(grant?.url ?? "", put("late", grant?.headers))).toEqual([403, "AccessDenied"]);
  });
});
