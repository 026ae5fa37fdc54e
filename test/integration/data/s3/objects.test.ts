import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../../support/temporary.js";
import { bytes, inPieces, MIB, noise, readAll, setUp, sha256, storeAt, text } from "./fixture.js";

describe("what it says of itself", () => {
  it("writes below its prefix, at the prices of the service, and sends nothing until it is used", async () => {
    const { server, store } = await setUp({ prefix: "a b/", prices: { egressUsdPerGB: 0.5 } });
    expect(store).toMatchObject({ id: "s3", schemes: ["s3"], write: true, erasable: true, workspace: "s3://test-bucket/a%20b/" });
    expect(store.prices).toEqual({ egressUsdPerGB: 0.5, storageUsdPerGBMonth: 0.023 });
    expect(server.log).toEqual([]);
  });
});

describe("putting and reading", () => {
  it("answers digest and size of bytes, streams and files alike, and gives the same bytes back", async () => {
    const { server, store, base, options } = await setUp();
    const data = noise(700_001);
    const file = join(temporaryDirectory("s3"), "source.bin");
    writeFileSync(file, data);
    for (const [name, body] of Object.entries({ bytes: { bytes: data }, file: { file }, stream: { stream: inPieces(data, 1_000) } })) {
      const uri = `${base}run/1/${name}`;
      expect(await store.put(uri, body, options)).toEqual({ uri, sha256: sha256(data), size: data.length });
      expect(sha256(await readAll(await store.read(uri, options)))).toBe(sha256(data));
      expect(sha256(server.objects().get(`spillway/run/1/${name}`)?.bytes ?? "")).toBe(sha256(data));
    }
    // One request each: nothing is asked beforehand.
    expect(server.log.map(({ operation, signed, status }) => `${operation} ${signed} ${status}`)).toEqual(
      Array.from({ length: 3 }, () => ["PutObject header 200", "GetObject header 200"]).flat(),
    );
  });

  it("takes empty objects and overwrites", async () => {
    const { host, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("old and longer"), options);
    expect(await store.put(`${base}a`, { stream: inPieces(new Uint8Array(), 1) }, options)).toMatchObject({ size: 0, sha256: sha256("") });
    expect(await text(store, `${base}a`, host)).toBe("");
    expect(await store.stat(`${base}a`, options)).toMatchObject({ size: 0 });
  });

  it("says ARTIFACT_NOT_FOUND for what is not there, and nothing when it is looked for", async () => {
    const { store, base, options } = await setUp();
    await expect(store.read(`${base}nothing`, options)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
    await expect(store.copy(`${base}nothing`, `${base}to`, options)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
    expect(await store.stat(`${base}nothing`, options)).toBeUndefined();
    await store.remove(`${base}nothing`, options);
  });

  it("checks a digest that it is told, and keeps the last piece of other bytes back", async () => {
    const { server, store, base, options } = await setUp();
    server.seed("spillway/a", noise(300_000));
    const right = sha256(noise(300_000));
    expect((await readAll(await store.read(`${base}a`, { ...options, sha256: right.toUpperCase() }))).length).toBe(300_000);
    let seen = 0;
    const reading = (async () => {
      for await (const piece of await store.read(`${base}a`, { ...options, sha256: sha256("else") })) seen += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
    expect(seen).toBeLessThan(300_000);
  });

  it("keeps the old object when the source fails or the caller gives up", async () => {
    const { host, server, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("old"), options);
    async function* failing() {
      yield new Uint8Array(100_000);
      throw new Error("source failed");
    }
    await expect(store.put(`${base}a`, { stream: failing() }, options)).rejects.toThrow("source failed");
    const abort = new AbortController();
    async function* hanging() {
      yield new Uint8Array(10);
      abort.abort("enough");
      await new Promise(() => undefined);
    }
    await expect(store.put(`${base}a`, { stream: hanging() }, { host, signal: abort.signal })).rejects.toBe("enough");
    expect(await text(store, `${base}a`, host)).toBe("old");
    expect(server.log.filter(({ operation }) => operation === "PutObject").length).toBe(1);
  });

  it("tells digest and version of what it stored itself, where metadata can be believed", async () => {
    const { server, store, base, options } = await setUp();
    const believing = storeAt(server, { digestMetadata: true });
    await store.put(`${base}a`, bytes("one"), options);
    const first = await believing.stat(`${base}a`, options);
    expect(first).toEqual({ size: 3, sha256: sha256("one"), version: expect.stringMatching(/^".+"$/) });
    expect(await store.stat(`${base}a`, options)).toEqual({ size: 3, version: first?.version });
    await store.put(`${base}a`, bytes("two"), options);
    expect((await believing.stat(`${base}a`, options))?.version).not.toBe(first?.version);
    server.seed("spillway/foreign", Buffer.from("x"), { headers: { "x-amz-meta-spillway-sha256": "not a digest" } });
    expect(await believing.stat(`${base}foreign`, options)).not.toHaveProperty("sha256");
  });

  it("gives bytes as they are stored, although their Content-Encoding invites to unpack them", async () => {
    const { gzipSync } = await import("node:zlib");
    const { server, store, base, options } = await setUp();
    const packed = gzipSync("some text");
    server.seed("spillway/a.gz", packed, { headers: { "content-encoding": "gzip" } });
    expect(await readAll(await store.read(`${base}a.gz`, options))).toEqual(packed);
    expect(await store.stat(`${base}a.gz`, options)).toMatchObject({ size: packed.length });
  });
});

describe("copying, removing, listing", () => {
  it("copies at the service, keeps the digest, and does nothing for a copy onto itself", async () => {
    const { host, server, store, base, options } = await setUp({ digestMetadata: true });
    await store.put(`${base}from`, bytes("data"), options);
    server.reset();
    await store.copy(`${base}from`, "s3://test-bucket/results/to", options);
    await store.copy(`${base}from`, "s3://test-bucket/results/to", options);
    await store.copy(`${base}from`, `${base}from`, options);
    expect(await text(store, "s3://test-bucket/results/to", host)).toBe("data");
    expect(await store.stat("s3://test-bucket/results/to", options)).toMatchObject({ sha256: sha256("data") });
    const copies = server.log.filter(({ operation }) => operation === "CopyObject");
    expect(copies.map(({ key, receivedBytes }) => [key, receivedBytes])).toEqual([
      ["results/to", 0],
      ["results/to", 0],
    ]);
  });

  it("copies only the version that was checked", async () => {
    const { host, server, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("checked"), options);
    const version = (await store.stat(`${base}a`, options))?.version ?? "";
    await store.copy(`${base}a`, `${base}copy`, { ...options, ifVersion: version });
    server.seed("spillway/a", Buffer.from("swapped"));
    for (const use of [
      () => store.copy(`${base}a`, `${base}copy`, { ...options, ifVersion: version }),
      () => store.read(`${base}a`, { ...options, ifVersion: version }),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: "OUTPUT_DIGEST_MISMATCH" });
    }
    expect(await text(store, `${base}copy`, host)).toBe("checked");
  });

  it("has the service refuse a source that changes between looking and copying", async () => {
    const { host, server, base, options } = await setUp();
    server.seed("spillway/a", Buffer.from("checked"));
    const store = storeAt(server, {
      fetch: async (input, init) => {
        const response = await fetch(input, init);
        if (init?.method === "HEAD") server.seed("spillway/a", Buffer.from("swapped"));
        return response;
      },
    });
    await expect(store.copy(`${base}a`, `${base}copy`, options)).rejects.toMatchObject({ code: "OUTPUT_DIGEST_MISMATCH" });
    expect(server.objects().has("spillway/copy")).toBe(false);
    expect(host.pauses).toEqual([]);
  });

  it("copies what is too large for one request in parts, and keeps its digest", async () => {
    const { server, store, base, options } = await setUp({ digestMetadata: true, singleCopyBytes: 5 * MIB }, { maxCopyBytes: 5 * MIB });
    const data = noise(12 * MIB + 5);
    await store.put(`${base}large`, { bytes: data }, options);
    server.reset();
    await store.copy(`${base}large`, `${base}copy`, options);
    expect(sha256(server.objects().get("spillway/copy")?.bytes ?? "")).toBe(sha256(data));
    expect(await store.stat(`${base}copy`, options)).toMatchObject({ size: data.length, sha256: sha256(data) });
    expect(server.log.filter(({ operation }) => operation === "UploadPartCopy").length).toBe(3);
    expect(server.uploads).toEqual([]);
  });

  it("leaves no parts behind when a copy fails", async () => {
    const { server, store, base, options } = await setUp({ singleCopyBytes: 5 * MIB });
    server.seed("spillway/large", noise(11 * MIB));
    server.inject({ operation: "UploadPartCopy", skip: 1, fault: { kind: "status", status: 403, code: "AccessDenied" } });
    await expect(store.copy(`${base}large`, `${base}copy`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED" });
    expect(server.uploads).toEqual([]);
    expect(server.objects().has("spillway/copy")).toBe(false);
  });

  it("lists page by page what is below a prefix, and nothing beside it", async () => {
    const { server, store, base, options } = await setUp({}, { pageSize: 7 });
    for (let index = 0; index < 30; index++) server.seed(`spillway/run/${index}`, Buffer.from("x"));
    for (const key of ["spillway/runner", "other/run/1", "spillway/run/folder/", "spillway/run/a/../b"]) server.seed(key, Buffer.from("x"));
    const uris = await store.list(`${base}run/`, options);
    expect([...uris].sort()).toEqual(Array.from({ length: 30 }, (_, index) => `${base}run/${index}`).sort());
    expect(server.log.length).toBe(5);
    expect(await store.list(`${base}run/2`, options)).toHaveLength(11);
    expect(await store.list("s3://test-bucket/", options)).toHaveLength(32);
    expect(await store.list(`${base}none/`, options)).toEqual([]);
  });

  it("removes, again and again", async () => {
    const { server, store, base, options } = await setUp();
    await store.put(`${base}a`, bytes("x"), options);
    for (let times = 0; times < 2; times++) await store.remove(`${base}a`, options);
    expect(server.objects().size).toBe(0);
  });
});

describe("names", () => {
  const odd = [
    "a b",
    "a  b",
    "a+b",
    "a%20b",
    "100%",
    "ä€",
    "😀",
    "what?",
    "x#y",
    "a&b=c;d",
    "'\"",
    "(*)!~",
    "back\\slash",
    "..hidden",
    "a\nb\tc",
    "<xml>&amp;",
    "a//b",
    "-rf",
    "@:,$",
  ];

  it("keeps odd ones apart in every verb, and gives them back encoded", async () => {
    const { host, server, store, base, options } = await setUp({}, { pageSize: 5 });
    for (const name of odd) {
      const uri = `${base}${name.split("/").map(encodeURIComponent).join("/")}`;
      await store.put(uri, bytes(name), options);
      expect(await text(store, uri, host)).toBe(name);
      expect(await (await fetch(await store.readUrl(uri, 60_000, options))).text()).toBe(name);
      await store.copy(uri, `${uri}%20copy`, options);
      const grant = await store.writeUrl?.(`${uri}-by-url`, 60_000, {}, options);
      expect((await fetch(grant ?? "", { method: "PUT", body: name })).status).toBe(200);
      expect(await store.stat(`${uri}-by-url`, options)).toMatchObject({ size: Buffer.byteLength(name) });
    }
    expect([...server.objects().keys()].sort()).toEqual(
      odd.flatMap((name) => [`spillway/${name}`, `spillway/${name} copy`, `spillway/${name}-by-url`]).sort(),
    );
    const uris = await store.list(base, options);
    expect(uris.length).toBe(3 * odd.length);
    for (const uri of uris) await store.remove(uri, options);
    expect(server.objects().size).toBe(0);
  });

  it("takes unencoded names as far as they are clear", async () => {
    const { host, server, store, base, options } = await setUp();
    await store.put(`${base}ä b+c`, bytes("x"), options);
    expect([...server.objects().keys()]).toEqual(["spillway/ä b+c"]);
    expect(await text(store, `${base}%C3%A4%20b%2Bc`, host)).toBe("x");
  });

  const evil = (base: string) => [
    `${base}../outside`,
    `${base}a/../../outside`,
    `${base}%2e%2e/outside`,
    `${base}a/%2E`,
    `${base}a%2f..%2foutside`,
    `${base}a%00b`,
    `${base}a?x`,
    `${base}a#x`,
    `${base}100%`,
    `${base}folder/`,
    `${base}${"x".repeat(1_100)}`,
    `${base}\ud800`,
    "s3://test-bucket/",
    "s3://test-bucket",
    "s3:///key",
    "s3://user:secret@host/key",
    "s3://../key",
    "s3://bucket:80/key",
    "https://example.org/a",
    "",
  ];

  it("refuses what could be read in two ways, in every verb and without a request", async () => {
    const { server, store, base, options } = await setUp();
    for (const uri of evil(base)) {
      const calls = [
        () => store.put(uri, bytes("x"), options),
        () => store.read(uri, options),
        () => store.readUrl(uri, 1_000, options),
        () => store.writeUrl?.(uri, 1_000, {}, options),
        () => store.grantWrite?.(uri, 1_000, {}, options),
        () => store.stat(uri, options),
        () => store.copy(uri, `${base}x`, options),
        () => store.copy(`${base}x`, uri, options),
        () => store.remove(uri, options),
        () => store.parted?.create(uri, { maxBytes: 1 }, options),
      ];
      for (const call of calls) await expect(call(), uri).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
    }
    expect(server.log).toEqual([]);
  });
});

describe("other buckets", () => {
  it("are read and written as far as the credentials allow", async () => {
    const { host, server, store, options } = await setUp({}, { buckets: ["test-bucket", "other"] });
    server.seed("in put", Buffer.from("from elsewhere"), { bucket: "other" });
    expect(await text(store, "s3://other/in%20put", host)).toBe("from elsewhere");
    await store.copy("s3://other/in put", "s3://test-bucket/here", options);
    expect(Buffer.from(server.objects().get("here")?.bytes ?? []).toString()).toBe("from elsewhere");
  });

  it("are refused by the service else, with advice", async () => {
    const credentials = [{ accessKeyId: "AKNARROW", secretAccessKey: "narrow-secret", buckets: ["test-bucket"] }];
    const { store, options } = await setUp({}, { buckets: ["test-bucket", "other"], credentials });
    await expect(store.read("s3://other/in", options)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_DENIED",
      details: { status: 403, reason: "AccessDenied" },
    });
    await expect(store.read("s3://missing/in", options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED" });
  });
});
