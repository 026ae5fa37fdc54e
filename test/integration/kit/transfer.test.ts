import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { type FetchInputOptions, fetchInput, sendFile, sha256File } from "../../../src/kit/transfer/index.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import type { StagedInput } from "../../../src/spec/launch.js";
import { temporaryDirectory } from "../../support/temporary.js";

const real = systemHost();
/** Waits between tries take no time; everything else is real. */
const host = { ...real, setTimer: (_ms: number, fire: () => void) => real.setTimer(0, fire) };
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");

async function serve(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const staged = (url: string, more: Partial<StagedInput> = {}): StagedInput => ({ path: "in/data.bin", url, ...more });
const into = (root: string, more: Partial<FetchInputOptions> = {}): FetchInputOptions => ({ root, host, ...more });
/** Everything below a directory. */
const tree = (root: string) => (readdirSync(root, { recursive: true }) as string[]).sort();

describe("fetching from files", () => {
  it("puts a file at a relative or absolute path below the root", async () => {
    const root = temporaryDirectory("root");
    const source = join(temporaryDirectory("source"), "odd name%.bin");
    const data = Buffer.alloc(1_000_000, "spillway");
    writeFileSync(source, data);
    const url = pathToFileURL(source).href;
    for (const path of ["/in/a", "in/b", "./in//c"]) {
      const got = await fetchInput({ path, url, sha256: sha256(data).toUpperCase(), size: data.length }, into(root));
      expect(got).toEqual({ file: join(root, path), sha256: sha256(data), size: data.length });
      expect(sha256(readFileSync(join(root, path)))).toBe(sha256(data));
    }
    expect(tree(root)).toEqual(["in", "in/a", "in/b", "in/c"]);
  });

  it.each(["../x", "in/../../x", "/", "", ".", "in/\0x"])("refuses the path %j", async (path) => {
    const root = join(temporaryDirectory("root"), "below");
    mkdirSync(root);
    await expect(fetchInput({ path, url: "file:///etc/hostname" }, into(root))).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
    expect(readdirSync(join(root, ".."))).toEqual(["below"]);
  });

  it("says which input is missing", async () => {
    const failing = fetchInput(staged("file:///no/such/file"), into(temporaryDirectory("root")));
    await expect(failing).rejects.toMatchObject({ code: "STAGING_FAILED", message: expect.stringContaining("in/data.bin") });
  });

  it.each(["ftp://host/a", "data:,x", "s3://bucket/a", "file://other/a", "file:///a/../b"])("does not fetch %s", async (url) => {
    await expect(fetchInput(staged(url), into(temporaryDirectory("root")))).rejects.toMatchObject({ code: "STAGING_FAILED" });
  });

  it("does not bring back a root that was taken away", async () => {
    const root = join(temporaryDirectory("root"), "gone");
    const source = join(temporaryDirectory("source"), "a");
    writeFileSync(source, "x");
    await expect(fetchInput(staged(pathToFileURL(source).href), into(root))).rejects.toMatchObject({ code: "STAGING_FAILED" });
    expect(existsSync(root)).toBe(false);
  });
});

describe("digests", () => {
  it.each([
    ["another digest", { sha256: sha256("other") }],
    ["fewer bytes", { size: 6 }],
    ["more bytes", { size: 4 }],
  ])("refuses an input with %s than promised and leaves nothing", async (_, promise) => {
    const root = temporaryDirectory("root");
    const source = join(temporaryDirectory("source"), "a");
    writeFileSync(source, "hello");
    await expect(fetchInput(staged(pathToFileURL(source).href, promise), into(root))).rejects.toMatchObject({
      code: "INPUT_DIGEST_MISMATCH",
      retry: "never",
      details: { path: "in/data.bin" },
    });
    expect(tree(root)).toEqual(["in"]);
  });

  it("keeps an earlier file when the new one is wrong", async () => {
    const root = temporaryDirectory("root");
    mkdirSync(join(root, "in"));
    writeFileSync(join(root, "in/data.bin"), "earlier");
    const url = await serve((_, response) => response.end("wrong"));
    await expect(fetchInput(staged(url, { sha256: sha256("right") }), into(root))).rejects.toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
    expect(readFileSync(join(root, "in/data.bin"), "utf8")).toBe("earlier");
  });

  it("stops an endless answer at the promised size", async () => {
    let sent = 0;
    const url = await serve((_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on("drain", more);
      more();
    });
    await expect(fetchInput(staged(url, { size: 100_000 }), into(temporaryDirectory("root")))).rejects.toMatchObject({
      code: "INPUT_DIGEST_MISMATCH",
    });
    expect(sent).toBeLessThan(100_000_000);
  });

  it("digests a file", async () => {
    const file = join(temporaryDirectory("source"), "a");
    writeFileSync(file, Buffer.alloc(3_000_001, 7));
    expect(await sha256File(file, real)).toEqual({ sha256: sha256(Buffer.alloc(3_000_001, 7)), size: 3_000_001 });
  });
});

describe("fetching over HTTP", () => {
  it("tries again after failures that pass, at most three times", async () => {
    const answers = [503, 429, 200];
    let asked = 0;
    const url = await serve((_, response) => {
      response.statusCode = answers[asked++] ?? 500;
      response.end(response.statusCode === 200 ? "data" : "try later");
    });
    expect(await fetchInput(staged(url, { sha256: sha256("data") }), into(temporaryDirectory("root")))).toMatchObject({ size: 4 });
    expect(asked).toBe(3);
    asked = 10;
    await expect(fetchInput(staged(url), into(temporaryDirectory("root")))).rejects.toMatchObject({ code: "STAGING_FAILED" });
    expect(asked).toBe(13);
  });

  it("tries again when the connection breaks in the middle, and never takes half a file", async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      response.setHeader("content-length", "10");
      if (++asked < 3) response.write("01234", () => response.destroy());
      else response.end("0123456789");
    });
    const root = temporaryDirectory("root");
    const got = await fetchInput(staged(url), into(root));
    expect([asked, got.size, tree(root)]).toEqual([3, 10, ["in", "in/data.bin"]]);
  });

  it("does not try again what will not get better, and never shows the query of a URL", async () => {
    let asked = 0;
    const url = await serve((_, response) => {
      asked++;
      response.statusCode = 403;
      response.end();
    });
    const error = await fetchInput(staged(`${url}/bucket/key?X-Amz-Signature=SECRET`), into(temporaryDirectory("root"))).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: "STAGING_FAILED",
      details: { status: 403 },
      message: expect.stringContaining("/bucket/key: the server answered 403"),
    });
    expect(`${(error as Error).stack}${JSON.stringify(error)}`).not.toContain("SECRET");
    expect(asked).toBe(1);
  });

  it("asks for the bytes as they are stored", async () => {
    let encoding: string | undefined;
    const url = await serve((request, response) => {
      encoding = request.headers["accept-encoding"];
      response.end("x");
    });
    await fetchInput(staged(url), into(temporaryDirectory("root")));
    expect(encoding).toBe("identity");
  });

  it("rejects promptly with the signal's reason and leaves nothing", async () => {
    const abort = new AbortController();
    const url = await serve((_, response) => {
      response.write("part", () => setImmediate(() => abort.abort("enough")));
    });
    const root = temporaryDirectory("root");
    await expect(fetchInput(staged(url), into(root, { signal: abort.signal }))).rejects.toBe("enough");
    expect(tree(root)).toEqual(["in"]);
  });

  it("uses the fetch it is given", async () => {
    const seen: string[] = [];
    const fetch = async (input: unknown) => {
      seen.push(String(input));
      return new Response("from nowhere");
    };
    const got = await fetchInput(staged("https://example.org/a"), into(temporaryDirectory("root"), { fetch }));
    expect([seen, readFileSync(got.file, "utf8")]).toEqual([["https://example.org/a"], "from nowhere"]);
  });
});

describe("sending", () => {
  it.each([0, 5, 2_000_000])("puts %i bytes with their length and not in chunks", async (size) => {
    const file = join(temporaryDirectory("source"), "a");
    writeFileSync(file, Buffer.alloc(size, 3));
    let got:
      | { method: string | undefined; length: string | undefined; encoding: string | undefined; meta: unknown; sha256: string }
      | undefined;
    const url = await serve(async (request, response) => {
      const { headers, method } = request;
      const body = await bodyOf(request);
      got = {
        method,
        length: headers["content-length"],
        encoding: headers["transfer-encoding"],
        meta: headers["x-meta"],
        sha256: sha256(body),
      };
      response.end();
    });
    await sendFile(`${url}/key?signature=s`, file, { host, headers: { "x-meta": "m" } });
    expect(got).toEqual({ method: "PUT", length: String(size), encoding: undefined, meta: "m", sha256: sha256(Buffer.alloc(size, 3)) });
  });

  it("tries again after a server error, with all of the bytes", async () => {
    const file = join(temporaryDirectory("source"), "a");
    writeFileSync(file, Buffer.alloc(300_000, 9));
    const sizes: number[] = [];
    const url = await serve(async (request, response) => {
      sizes.push((await bodyOf(request)).length);
      response.statusCode = sizes.length < 3 ? 500 : 200;
      response.end();
    });
    await sendFile(url, file, { host });
    expect(sizes).toEqual([300_000, 300_000, 300_000]);
  });

  it.each([302, 400, 403])("reports status %i without the query", async (status) => {
    const file = join(temporaryDirectory("source"), "a");
    writeFileSync(file, "x");
    const url = await serve(async (request, response) => {
      await bodyOf(request);
      response.writeHead(status, { location: "/elsewhere" });
      response.end();
    });
    const error = await sendFile(`${url}/key?sig=SECRET`, file, { host }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "STAGING_FAILED", message: expect.stringContaining("/key") });
    expect((error as Error).message).not.toContain("SECRET");
  });

  it("copies to a file: URL, making directories", async () => {
    const directory = temporaryDirectory("target");
    writeFileSync(join(directory, "a"), "content");
    await sendFile(pathToFileURL(join(directory, "deep/er/b c")).href, join(directory, "a"), { host });
    expect(readFileSync(join(directory, "deep/er/b c"), "utf8")).toBe("content");
  });

  it("fails with a code when there is no such file or no way there", async () => {
    for (const url of ["file:///tmp/x", "http://127.0.0.1:9/x", "s3://bucket/x"]) {
      await expect(sendFile(url, "/no/such/file", { host })).rejects.toMatchObject({ code: "STAGING_FAILED" });
    }
  });
});
