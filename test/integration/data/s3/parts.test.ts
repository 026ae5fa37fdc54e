import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryDirectory } from "../../../support/temporary.js";
import { inPieces, MIB, noise, readAll, setUp, sha256, storeAt, text } from "./fixture.js";

const HOUR_MS = 3_600_000;
const PARTS = { partBytes: 5 * MIB } as const;

describe("large objects", () => {
  it("go in parts, each with its digest, and appear whole", async () => {
    const { server, store, base, options } = await setUp(PARTS);
    const data = noise(17 * MIB + 123);
    const stored = await store.put(`${base}a`, { stream: inPieces(data, 999_983) }, options);
    expect(stored).toEqual({ uri: `${base}a`, sha256: sha256(data), size: data.length });
    expect(sha256(await readAll(await store.read(`${base}a`, options)))).toBe(sha256(data));
    const parts = server.log.filter(({ operation }) => operation === "UploadPart").map(({ receivedBytes }) => receivedBytes);
    expect(parts.sort((a, b) => b - a)).toEqual([5 * MIB, 5 * MIB, 5 * MIB, 2 * MIB + 123]);
    expect(server.log.filter(({ operation }) => operation === "PutObject")).toEqual([]);
    expect(server.uploads).toEqual([]);
  });

  it("of exactly one part, and of whole parts, need no empty one", async () => {
    const { server, store, base, options } = await setUp(PARTS);
    await store.put(`${base}one`, { stream: inPieces(noise(5 * MIB), MIB) }, options);
    expect(server.log.map(({ operation }) => operation)).toEqual(["PutObject"]);
    server.reset();
    await store.put(`${base}two`, { stream: inPieces(noise(10 * MIB), 3 * MIB) }, options);
    expect(server.log.filter(({ operation }) => operation === "UploadPart").length).toBe(2);
    expect(server.objects().get("spillway/two")?.bytes.length).toBe(10 * MIB);
  });

  it("carry their digest when it can be known beforehand", async () => {
    const { server, store, base, options } = await setUp({ ...PARTS, digestMetadata: true });
    const data = noise(11 * MIB);
    const file = join(temporaryDirectory("s3"), "large.bin");
    writeFileSync(file, data);
    await store.put(`${base}bytes`, { bytes: data }, options);
    await store.put(`${base}file`, { file }, options);
    await store.put(`${base}stream`, { stream: inPieces(data, MIB) }, options);
    expect(await store.stat(`${base}bytes`, options)).toMatchObject({ size: data.length, sha256: sha256(data) });
    expect(await store.stat(`${base}file`, options)).toMatchObject({ sha256: sha256(data) });
    expect(await store.stat(`${base}stream`, options)).not.toHaveProperty("sha256");
    for (const key of ["bytes", "file", "stream"]) expect(sha256(server.objects().get(`spillway/${key}`)?.bytes ?? "")).toBe(sha256(data));
  });

  it("are read from their source no faster than they are sent", async () => {
    const { server, base, options } = await setUp();
    let produced = 0;
    let most = 0;
    const store = storeAt(server, { partBytes: 5 * MIB, concurrency: 2 });
    async function* source() {
      // The same buffer again and again, as some sources do.
      const piece = Buffer.alloc(MIB);
      for (let index = 0; index < 48; index++) {
        piece.fill(index);
        produced += piece.length;
        const arrived = server.log.reduce((sum, entry) => sum + entry.receivedBytes, 0);
        most = Math.max(most, produced - arrived);
        yield piece;
      }
    }
    const { sha256: digest, size } = await store.put(`${base}a`, { stream: source() }, options);
    expect(size).toBe(48 * MIB);
    expect(sha256(server.objects().get("spillway/a")?.bytes ?? "")).toBe(digest);
    // Two parts under way, one that is being filled, and the piece that does not fit into it.
    expect(most).toBeLessThanOrEqual(3 * 5 * MIB + MIB);
  });

  it("leave nothing behind when the source fails, the caller gives up, or the service refuses a part", async () => {
    const { host, server, store, base, options } = await setUp(PARTS);
    server.seed("spillway/a", Buffer.from("old"));
    async function* failing() {
      yield noise(12 * MIB);
      throw new Error("source failed");
    }
    await expect(store.put(`${base}a`, { stream: failing() }, options)).rejects.toThrow("source failed");
    const abort = new AbortController();
    async function* hanging() {
      yield noise(12 * MIB);
      abort.abort("enough");
      await new Promise(() => undefined);
    }
    await expect(store.put(`${base}a`, { stream: hanging() }, { host, signal: abort.signal })).rejects.toBe("enough");
    server.inject({ operation: "UploadPart", skip: 1, fault: { kind: "status", status: 403, code: "AccessDenied" } });
    await expect(store.put(`${base}a`, { bytes: noise(16 * MIB) }, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_DENIED" });
    expect(server.uploads).toEqual([]);
    expect(await text(store, `${base}a`, host)).toBe("old");
  });

  it("do not appear when the file changes while it is sent", async () => {
    const { server, store, base, options } = await setUp({
      ...PARTS,
      fetch: (input, init) => {
        if (String(input).includes("uploads")) appendFileSync(file, "more");
        return fetch(input, init);
      },
    });
    const file = join(temporaryDirectory("s3"), "growing.bin");
    writeFileSync(file, noise(11 * MIB));
    await expect(store.put(`${base}a`, { file }, options)).rejects.toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
    expect(server.objects().size).toBe(0);
    expect(server.uploads).toEqual([]);
  });

  it("have an end: `maxObjectBytes`", async () => {
    const { server, store, base, options } = await setUp({ ...PARTS, maxObjectBytes: 6 * MIB });
    const tooMuch = noise(6 * MIB + 1);
    for (const body of [{ bytes: tooMuch }, { stream: inPieces(tooMuch, MIB) }]) {
      await expect(store.put(`${base}a`, body, options)).rejects.toMatchObject({
        code: "UNSUPPORTED_WORKLOAD",
        details: { field: "maxObjectBytes" },
      });
    }
    async function* endless() {
      for (;;) yield new Uint8Array(MIB);
    }
    await expect(store.put(`${base}a`, { stream: endless() }, options)).rejects.toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
    expect(server.objects().size).toBe(0);
    expect(server.uploads).toEqual([]);
  });

  it("survive lost answers: of the beginning, of a part and of the completion", async () => {
    const { server, store, base, options } = await setUp(PARTS);
    const data = noise(11 * MIB);
    server.inject({ operation: "UploadPart", fault: { kind: "reset", done: true } });
    server.inject({ operation: "UploadPart", skip: 1, fault: { kind: "cut-upload", afterBytes: MIB } });
    server.inject({ operation: "CompleteMultipartUpload", fault: { kind: "reset", done: true } });
    const stored = await store.put(`${base}a`, { bytes: data }, options);
    expect(stored.sha256).toBe(sha256(data));
    expect(sha256(server.objects().get("spillway/a")?.bytes ?? "")).toBe(sha256(data));
    expect(server.uploads).toEqual([]);
  });

  it("are not taken for complete when the service says so with an error inside", async () => {
    const { server, store, base, options } = await setUp(PARTS);
    server.inject({ operation: "CompleteMultipartUpload", times: 2, fault: { kind: "error-in-ok" } });
    await store.put(`${base}a`, { bytes: noise(11 * MIB) }, options);
    expect(server.log.filter(({ operation }) => operation === "CompleteMultipartUpload").map(({ error }) => error)).toEqual([
      "InternalError",
      "InternalError",
      undefined,
    ]);
    server.inject({ operation: "CompleteMultipartUpload", times: 100, fault: { kind: "error-in-ok" } });
    await expect(store.put(`${base}b`, { bytes: noise(11 * MIB) }, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
    expect([...server.objects().keys()]).toEqual(["spillway/a"]);
  });
});

describe("uploads in parts by a node", () => {
  const maxBytes = 23 * MIB;

  it("use as many of their URLs as they need, in any order, and are completed without a word of theirs", async () => {
    const { server, store, base, options } = await setUp(PARTS, { pageSize: 2 });
    const { parted } = store;
    const upload = await parted?.create(`${base}out`, { maxBytes }, options);
    if (parted === undefined || upload === undefined) throw new Error("no uploads in parts");
    expect(upload).toEqual({ uri: `${base}out`, uploadId: expect.any(String), partBytes: 5 * MIB, parts: 5 });
    // Plain data: another process may go on with it.
    const copy = JSON.parse(JSON.stringify(upload)) as typeof upload;
    const urls = await parted.partUrls(copy, HOUR_MS, options);
    expect(urls.length).toBe(5);
    const data = noise(11 * MIB);
    const send = (part: number, body: Uint8Array) => fetch(urls[part] ?? "", { method: "PUT", body: new Uint8Array(body) });
    await send(2, data.subarray(10 * MIB));
    await send(0, noise(5 * MIB, 99));
    await send(0, data.subarray(0, 5 * MIB));
    await expect(parted.complete(copy, options)).rejects.toMatchObject({
      code: "STAGING_FAILED",
      message: expect.stringContaining("part 2"),
    });
    await send(1, data.subarray(5 * MIB, 10 * MIB));
    await expect(parted.complete(copy, { ...options, parts: 4 })).rejects.toMatchObject({ code: "STAGING_FAILED" });
    const stat = await parted.complete(copy, { ...options, parts: 3 });
    expect(stat).toEqual({ size: data.length, version: expect.stringMatching(/-3"$/) });
    expect(sha256(server.objects().get("spillway/out")?.bytes ?? "")).toBe(sha256(data));
    // Again, by somebody who does not know that it is done; then its URLs are worth nothing.
    expect(await parted.complete(copy, options)).toEqual(stat);
    expect((await send(3, noise(MIB))).status).toBe(404);
    expect(server.uploads).toEqual([]);
  });

  it("have URLs that are good for nothing else", async () => {
    const { server, store, base, options } = await setUp(PARTS);
    const upload = await store.parted?.create(`${base}out`, { maxBytes }, options);
    const other = await store.parted?.create(`${base}other`, { maxBytes }, options);
    const [url = ""] = (upload && (await store.parted?.partUrls(upload, HOUR_MS, options))) ?? [];
    const tampered = [
      url.replace("partNumber=1", "partNumber=2"),
      url.replace(upload?.uploadId ?? "?", other?.uploadId ?? "?"),
      url.replace("/out", "/other"),
      url.replace(/&?partNumber=1&uploadId=[^&]*/, ""),
    ];
    for (const target of tampered) expect((await fetch(target, { method: "PUT", body: "x" })).status, target).toBe(403);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    expect((await fetch(url)).status).toBe(403);
    expect((await fetch(url, { method: "PUT", body: "x" })).status).toBe(200);
    expect(server.uploads.map(({ key, parts }) => [key, parts])).toEqual([
      ["spillway/other", []],
      ["spillway/out", [1]],
    ]);
  });

  it("may be of a single small or empty part, but not of none", async () => {
    const { host, store, base, options } = await setUp(PARTS);
    for (const [name, body] of Object.entries({ small: "x", empty: "" })) {
      const upload = await store.parted?.create(`${base}${name}`, { maxBytes: 1 }, options);
      expect(upload?.parts).toBe(1);
      if (upload === undefined) return;
      await expect(store.parted?.complete(upload, options)).rejects.toMatchObject({ code: "STAGING_FAILED" });
      const [url = ""] = (await store.parted?.partUrls(upload, HOUR_MS, options)) ?? [];
      await fetch(url, { method: "PUT", body });
      expect(await store.parted?.complete(upload, options)).toMatchObject({ size: body.length });
      expect(await text(store, `${base}${name}`, host)).toBe(body);
    }
  });

  it("are found and dropped", async () => {
    const { server, store, base, options } = await setUp(PARTS, { pageSize: 2 });
    for (const name of ["1/a b", "1/a b", "1/ä", "2/c"]) await store.parted?.create(`${base}${encodeURI(name)}`, { maxBytes }, options);
    const found = (await store.parted?.list(`${base}1/`, options)) ?? [];
    expect(found.map(({ uri }) => uri)).toEqual([`${base}1/a%20b`, `${base}1/a%20b`, `${base}1/%C3%A4`]);
    for (const upload of found) await store.parted?.abort(upload, options);
    for (const upload of found) await store.parted?.abort(upload, options);
    expect(server.uploads.map(({ key }) => key)).toEqual(["spillway/2/c"]);
    await expect(
      store.parted?.complete({ uri: `${base}1/x`, uploadId: "never-begun", partBytes: 5 * MIB, parts: 1 }, options),
    ).rejects.toMatchObject({ code: "STAGING_FAILED" });
  });

  it("refuse what does not fit into 10,000 parts, and enlarge parts that are too small for the service", async () => {
    const { store, base, options } = await setUp(PARTS);
    await expect(store.parted?.create(`${base}a`, { maxBytes: 10_001 * 5 * MIB }, options)).rejects.toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
      details: { field: "partBytes" },
    });
    await expect(store.parted?.create(`${base}a`, { maxBytes: Number.NaN }, options)).rejects.toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
    });
    expect(await store.parted?.create(`${base}a`, { maxBytes: 5 * MIB + 1, partBytes: 1 }, options)).toMatchObject({
      partBytes: 5 * MIB,
      parts: 2,
    });
  });
});
