import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type HttpsOptions, https } from "../../../../src/data/https/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { type Arrived, type Loopback, loopback } from "../../kit/loopback.js";

const real = systemHost();
/** The real host without its pauses. */
const host = { ...real, setTimer: (ms: number, fire: () => void) => real.setTimer(ms < 10_000 ? 0 : ms, fire) };
const options = { host };
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const SITE = "https://files.example";

/** A store to which a loopback server plays a site on the internet. */
async function setUp(answer: (request: Arrived, response: ServerResponse) => void, storeOptions: HttpsOptions = {}) {
  const server = await loopback(answer);
  const asked: string[] = [];
  const store = https({
    ...storeOptions,
    fetch: (input, init) => {
      asked.push(`${init?.method} ${String(input)}`);
      return fetch(String(input).replace(/^https?:\/\/[^/]+/, server.baseUrl), init);
    },
  });
  return { server, store, asked };
}

async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

const headersOf = (server: Loopback) => server.arrived.map(({ headers }) => headers);

describe("reading", () => {
  it("gives the bytes, asks for nothing else and sends no credentials", async () => {
    const { server, store, asked } = await setUp((_request, response) => response.end("hello"));
    expect((await readAll(await store.read(`${SITE}/a?token=x#part`, options))).toString()).toBe("hello");
    expect(asked).toEqual([`GET ${SITE}/a?token=x`]);
    const [headers = {}] = headersOf(server);
    expect(headers["accept-encoding"]).toBe("identity");
    for (const name of ["authorization", "cookie", "referer"]) expect(headers).not.toHaveProperty(name);
  });

  it("checks a digest that it is told", async () => {
    const { store } = await setUp((_request, response) => response.end("hello"));
    expect((await readAll(await store.read(`${SITE}/a`, { ...options, sha256: sha256("hello") }))).length).toBe(5);
    await expect(readAll(await store.read(`${SITE}/a`, { ...options, sha256: sha256("other") }))).rejects.toMatchObject({
      code: "INPUT_DIGEST_MISMATCH",
    });
  });

  it("continues what breaks off, when it is still the same file", async () => {
    const data = Buffer.alloc(500_000, "abc");
    const { store, server } = await setUp((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? "0");
      const rest = data.subarray(from);
      response.writeHead(from === 0 ? 200 : 206, {
        etag: '"v1"',
        "content-length": rest.length,
        ...(from === 0 ? {} : { "content-range": `bytes ${from}-${data.length - 1}/${data.length}` }),
      });
      if (rest.length > 200_000) response.write(rest.subarray(0, 200_000), () => response.destroy());
      else response.end(rest);
    });
    expect(sha256(await readAll(await store.read(`${SITE}/a`, options)))).toBe(sha256(data));
    expect(server.arrived.map(({ headers }) => headers["if-range"])).toEqual([undefined, '"v1"', '"v1"']);
  });

  it.each(["changed", "without a tag", "weakly tagged"])("does not go on with a file that is %s", async (how) => {
    let times = 0;
    const { store } = await setUp((_request, response) => {
      times += 1;
      const etag = how === "changed" ? `"v${times}"` : how === "weakly tagged" ? 'W/"v"' : undefined;
      response.writeHead(200, { "content-length": 100_000, ...(etag === undefined ? {} : { etag }) });
      response.write(Buffer.alloc(50_000), () => response.destroy());
    });
    await expect(readAll(await store.read(`${SITE}/a`, options))).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
    expect(times).toBe(how === "changed" ? 2 : 1);
  });

  it("refuses bytes that can only be had compressed, and more than it takes", async () => {
    const packed = gzipSync("hello");
    const compressed = await setUp((_request, response) => response.writeHead(200, { "content-encoding": "gzip" }).end(packed));
    await expect(compressed.store.read(`${SITE}/a`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
    const declared = await setUp((_request, response) => response.writeHead(200, { "content-length": 11 }).end("01234567890"), {
      maxBytes: 10,
    });
    await expect(declared.store.read(`${SITE}/a`, options)).rejects.toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
    const endless = await setUp(
      (_request, response) => {
        const more = () => response.write(Buffer.alloc(1_000), (error) => (error ? undefined : more()));
        more();
      },
      { maxBytes: 50_000 },
    );
    await expect(readAll(await endless.store.read(`${SITE}/a`, options))).rejects.toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
      details: { field: "maxBytes" },
    });
  });

  it("waits failures out that pass, and gives up after a bounded number", async () => {
    let left = 2;
    const { store } = await setUp((_request, response) => {
      left -= 1;
      if (left >= 0) response.writeHead(503).end();
      else response.end("hello");
    });
    expect((await readAll(await store.read(`${SITE}/a`, options))).toString()).toBe("hello");
    const down = await setUp((_request, response) => response.writeHead(503).end(), { retries: 1 });
    await expect(down.store.read(`${SITE}/a?token=secret`, options)).rejects.toMatchObject({
      code: "ARTIFACT_STORE_UNAVAILABLE",
      message: expect.not.stringContaining("secret"),
    });
    expect(down.server.arrived.length).toBe(2);
  });

  it.each([
    [404, "ARTIFACT_NOT_FOUND"],
    [410, "ARTIFACT_NOT_FOUND"],
    [401, "ARTIFACT_STORE_DENIED"],
    [403, "ARTIFACT_STORE_DENIED"],
    [451, "ARTIFACT_STORE_DENIED"],
    [204, "ARTIFACT_STORE_DENIED"],
  ])("says what %d means, without the query", async (status, code) => {
    const { store, server } = await setUp((_request, response) => response.writeHead(status).end());
    const error: unknown = await store.read(`${SITE}/a?signature=secret`, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code });
    expect(JSON.stringify(error)).not.toContain("secret");
    expect(server.arrived.length).toBe(1);
  });
});

describe("redirects", () => {
  it("are followed, five at most, also to another host", async () => {
    const to = (request: Arrived) => Number(/\d+$/.exec(request.url)?.[0] ?? "0") + 1;
    const { store, asked } = await setUp((request, response) => {
      if (request.url === "/end") response.end("hello");
      else response.writeHead(302, { location: request.url === "/4" ? "https://elsewhere.example/end" : `/${to(request)}` }).end();
    });
    expect((await readAll(await store.read(`${SITE}/0`, options))).toString()).toBe("hello");
    expect(asked.at(-1)).toBe("GET https://elsewhere.example/end");
    expect(asked.length).toBe(6);
    await expect(store.read(`${SITE}/5`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
  });

  it.each(["http://files.example/a", "https://user:pass@files.example/a", "file:///etc/passwd"])(
    "are not followed to %s",
    async (location) => {
      const { store, asked } = await setUp((_request, response) => response.writeHead(302, { location }).end());
      await expect(store.read(`${SITE}/0`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
      expect(asked.length).toBe(1);
    },
  );
});

describe("looking", () => {
  it("finds size and version by HEAD", async () => {
    const { store, asked } = await setUp((_request, response) => response.writeHead(200, { "content-length": 7, etag: '"v1"' }).end());
    expect(await store.stat(`${SITE}/a`, options)).toEqual({ size: 7, version: '"v1"' });
    expect(asked).toEqual([`HEAD ${SITE}/a`]);
  });

  it.each([401, 403, 405, 501])("asks with GET for one byte where HEAD is answered %d", async (status) => {
    const { store, asked } = await setUp((request, response) => {
      if (request.method === "HEAD") response.writeHead(status).end();
      else response.writeHead(206, { "content-range": "bytes 0-0/12345", "content-length": 1 }).end("x");
    });
    expect(await store.stat(`${SITE}/a`, options)).toEqual({ size: 12_345 });
    expect(asked.length).toBe(2);
  });

  it("understands servers without ranges, empty files, and servers that do not tell", async () => {
    const plain = await setUp((request, response) => {
      response.writeHead(request.method === "HEAD" ? 405 : 200, { "content-length": request.method === "HEAD" ? 0 : 5 });
      response.end(request.method === "HEAD" ? undefined : "hello");
    });
    expect(await plain.store.stat(`${SITE}/a`, options)).toEqual({ size: 5 });
    const empty = await setUp((request, response) =>
      response.writeHead(request.method === "HEAD" ? 403 : 416, { "content-range": "bytes */0" }).end(),
    );
    expect(await empty.store.stat(`${SITE}/a`, options)).toEqual({ size: 0 });
    const silent = await setUp((_request, response) => {
      response.write("x");
      response.end();
    });
    await expect(silent.store.stat(`${SITE}/a`, options)).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
    const gone = await setUp((_request, response) => response.writeHead(404).end());
    expect(await gone.store.stat(`${SITE}/a`, options)).toBeUndefined();
  });
});

describe("what it refuses", () => {
  it.each(["https://user:secret@files.example/a", "https://user@files.example/a", "ftp://files.example/a", "/a", "https://", ""])(
    "the address %j",
    async (uri) => {
      const { store, asked } = await setUp((_request, response) => response.end("x"));
      for (const call of [() => store.read(uri, options), () => store.readUrl(uri, 1, options), () => store.stat(uri, options)]) {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        expect(error).toMatchObject({ code: "INVALID_WORKLOAD" });
        expect(String(error)).not.toContain("secret");
      }
      expect(asked).toEqual([]);
    },
  );

  it("http: addresses without a digest", async () => {
    const { store, asked } = await setUp((_request, response) => response.end("x"));
    for (const call of [() => store.read("http://files.example/a", options), () => store.readUrl("http://files.example/a", 1, options)]) {
      await expect(call()).rejects.toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "sha256" } });
    }
    expect(asked).toEqual([]);
    const known = { ...options, sha256: sha256("x") };
    expect((await readAll(await store.read("http://files.example/a", known))).toString()).toBe("x");
    expect(await store.readUrl("http://files.example/a", 1, known)).toBe("http://files.example/a");
  });

  it("writing in every form", async () => {
    const { store, asked } = await setUp((_request, response) => response.end("x"));
    expect(store).toMatchObject({ write: false, erasable: false });
    expect(store.workspace ?? store.writeUrl ?? store.grantWrite ?? store.parted).toBeUndefined();
    const uri = `${SITE}/a`;
    for (const call of [
      () => store.put(uri, { bytes: new Uint8Array(1) }, options),
      () => store.copy(uri, uri, options),
      () => store.remove(uri, options),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "uri" } });
    }
    expect(await store.list(`${SITE}/`, options)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it.each([
    [{ maxBytes: 0 }, "maxBytes"],
    [{ prices: { egressUsdPerGB: -1 } }, "prices.egressUsdPerGB"],
    [{ retrys: 1 }, "retrys"],
  ])("options that make no sense: %j", (given, field) => {
    expect(() => https(given as HttpsOptions)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: { field } }));
  });
});

it("gives nodes the address as it is", async () => {
  const { store, asked } = await setUp((_request, response) => response.end("x"));
  expect(await store.readUrl(`${SITE}/a%20b?token=x`, 1, options)).toBe(`${SITE}/a%20b?token=x`);
  expect(asked).toEqual([]);
});

it("ends promptly when the caller gives up", async () => {
  const { store } = await setUp((_request, response) => void response.write("x"));
  const abort = new AbortController();
  const reading = (async () => {
    for await (const _ of await store.read(`${SITE}/a`, { host, signal: abort.signal })) abort.abort("enough");
  })();
  await expect(reading).rejects.toBe("enough");
});
