import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { fileStore } from "../../../../src/data/file/index.js";
import { sendFile } from "../../../../src/kit/transfer/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import { temporaryDirectory } from "../../../support/temporary.js";

const host = systemHost();
const options = { host };
const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const bytes = (text: string) => ({ bytes: new TextEncoder().encode(text) });

function setUp(): { store: ArtifactStore; base: string; directory: string } {
  const directory = join(temporaryDirectory("store"), "artifacts");
  const store = fileStore({ directory });
  return { store, base: store.workspace ?? "", directory };
}

async function text(store: ArtifactStore, uri: string): Promise<string> {
  let all = "";
  for await (const piece of await store.read(uri, options)) all += Buffer.from(piece).toString("utf8");
  return all;
}

describe("what it says of itself", () => {
  it("writes below its directory, costs nothing, and touches nothing until it is used", () => {
    const { store, base, directory } = setUp();
    expect(store).toMatchObject({ id: "file", schemes: ["file"], write: true, prices: { egressUsdPerGB: 0, storageUsdPerGBMonth: 0 } });
    expect(base).toBe(`${pathToFileURL(directory).href}/`);
    expect(existsSync(directory)).toBe(false);
  });

  it.each([undefined, {}, { directory: "" }, { directory: 3 }])("refuses options %j and names the one that is missing", (given) => {
    // What a JavaScript caller may pass.
    expect(() => fileStore(given as never)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: { field: "directory" } }));
  });
});

describe("putting and reading", () => {
  it("answers digest and size of bytes, streams and files alike, and gives the same bytes back", async () => {
    const { store, base, directory } = setUp();
    const source = join(directory, "../source.bin");
    const data = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 31) % 256));
    writeFileSync(source, data);
    async function* stream() {
      for (let at = 0; at < data.length; at += 1000) yield data.subarray(at, at + 1000);
    }
    for (const [name, body] of Object.entries({ bytes: { bytes: data }, file: { file: source }, stream: { stream: stream() } })) {
      const uri = `${base}run/1/${name}`;
      expect(await store.put(uri, body, options)).toEqual({ uri, sha256: sha256(data), size: data.length });
      expect(await store.stat(uri, options)).toEqual({ size: data.length });
      expect(sha256(readFileSync(join(directory, "run/1", name)))).toBe(sha256(data));
    }
  });

  it("takes empty objects and overwrites", async () => {
    const { store, base } = setUp();
    await store.put(`${base}a`, bytes("old and longer"), options);
    expect(await store.put(`${base}a`, bytes(""), options)).toMatchObject({ size: 0, sha256: sha256("") });
    expect(await text(store, `${base}a`)).toBe("");
  });

  it("keeps the old object, and no rest of the new one, when the source fails or the caller gives up", async () => {
    const { store, base, directory } = setUp();
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
    expect(await text(store, `${base}a`)).toBe("old");
    expect(readdirSync(directory)).toEqual(["a"]);
  });

  it("reads old bytes to the end although a new object takes the name", async () => {
    const { store, base } = setUp();
    await store.put(`${base}a`, { bytes: new Uint8Array(600_000).fill(1) }, options);
    let seen = 0;
    for await (const piece of await store.read(`${base}a`, options)) {
      if (seen === 0) await store.put(`${base}a`, { bytes: new Uint8Array(600_000).fill(2) }, options);
      expect(piece.every((byte) => byte === 1)).toBe(true);
      seen += piece.length;
    }
    expect(seen).toBe(600_000);
  });

  it("says ARTIFACT_NOT_FOUND for what is not there, and for a directory", async () => {
    const { store, base } = setUp();
    await store.put(`${base}d/x`, bytes("x"), options);
    for (const uri of [`${base}nothing`, `${base}d`, `${base}d/x/y`]) {
      await expect(store.read(uri, options)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
      await expect(store.copy(uri, `${base}to`, options)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
      expect(await store.stat(uri, options)).toBeUndefined();
    }
  });

  it("does many at once in one directory", async () => {
    const { store, base } = setUp();
    const names = Array.from({ length: 30 }, (_, index) => `run/${index % 3}/${index}`);
    // Removing the last file of a directory removes the directory, under the feet of those who are about to write there.
    await Promise.all(
      names.map(async (name) => {
        await store.put(`${base}${name}`, bytes(name), options);
        await store.remove(`${base}${name}`, options);
        await store.put(`${base}${name}`, bytes(name), options);
      }),
    );
    expect((await store.list(base, options)).length).toBe(30);
  });
});

describe("names", () => {
  it("keeps odd names apart and gives them back encoded", async () => {
    const { store, base } = setUp();
    const names = ["a b", "ä€", "100%", "what?", "x#y", "-rf", "'\"", "back\\slash", "..hidden", "a\nb"];
    for (const name of names) await store.put(`${base}${encodeURIComponent(name)}`, bytes(name), options);
    const uris = await store.list(base, options);
    expect(uris.length).toBe(names.length);
    const read = await Promise.all(uris.map((uri) => text(store, uri)));
    expect(read.sort()).toEqual([...names].sort());
  });

  const evil = (base: string) => [
    `${base}../outside`,
    `${base}a/../../outside`,
    `${base}%2e%2e/outside`,
    `${base}a%2f..%2f..%2foutside`,
    `${base}./a`,
    `${base}a%00b`,
    `${base}a?x`,
    `${base}a#x`,
    `${base}100%`,
    "file://other-host/etc/passwd",
    "file:relative",
    "/etc/passwd",
    "https://example.org/a",
    "",
  ];

  it("refuses whatever climbs, hides a slash, names another host or can be read in two ways", async () => {
    const { store, base, directory } = setUp();
    await store.put(`${base}a/b`, bytes("x"), options);
    for (const uri of evil(base)) {
      const refused = { code: "INVALID_WORKLOAD" };
      await expect(store.put(uri, bytes("evil"), options), uri).rejects.toMatchObject(refused);
      await expect(store.read(uri, options), uri).rejects.toMatchObject(refused);
      await expect(store.stat(uri, options), uri).rejects.toMatchObject(refused);
      await expect(store.remove(uri, options), uri).rejects.toMatchObject(refused);
      await expect(store.copy(uri, `${base}c`, options), uri).rejects.toMatchObject(refused);
      await expect(store.copy(`${base}a/b`, uri, options), uri).rejects.toMatchObject(refused);
      await expect(store.list(uri, options), uri).rejects.toMatchObject(refused);
      await expect(store.readUrl(uri, 1000, options), uri).rejects.toMatchObject(refused);
      await expect(store.writeUrl?.(uri, 1000, {}, options), uri).rejects.toMatchObject(refused);
    }
    expect(readdirSync(join(directory, ".."))).toEqual(["artifacts"]);
  });

  it("does not take a directory for an object", async () => {
    const { store, base } = setUp();
    await store.put(`${base}d/x`, bytes("x"), options);
    await expect(store.put(`${base}d/`, bytes("y"), options)).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
    await store.remove(`${base}d`, options);
    expect(await store.list(base, options)).toEqual([`${base}d/x`]);
  });
});

describe("URLs", () => {
  it("hands out file: URLs through which a file can be read and written", async () => {
    const { store, base, directory } = setUp();
    const uri = `${base}run/1/out%20put`;
    const url = await store.writeUrl?.(uri, 1000, {}, options);
    const source = join(directory, "../source");
    writeFileSync(source, "sent");
    await sendFile(url ?? "", source, options);
    expect(await text(store, uri)).toBe("sent");
    expect(readFileSync(new URL(await store.readUrl(uri, 1000, options)), "utf8")).toBe("sent");
  });
});

describe("copying, removing and listing", () => {
  it("copies over what is there, twice as well as once, onto itself too", async () => {
    const { store, base } = setUp();
    await store.put(`${base}run/1/a`, bytes("new"), options);
    await store.put(`${base}final/a`, bytes("old"), options);
    for (let i = 0; i < 2; i++) await store.copy(`${base}run/1/a`, `${base}final/a`, options);
    await store.copy(`${base}final/a`, `${base}final/a`, options);
    expect(await text(store, `${base}final/a`)).toBe("new");
    expect(await text(store, `${base}run/1/a`)).toBe("new");
  });

  it("writes and copies outside its directory when a URI says so, and tidies up only inside", async () => {
    const { store, base, directory } = setUp();
    const outside = pathToFileURL(join(directory, "../results/deep/a")).href;
    await store.put(`${base}run/1/a`, bytes("x"), options);
    await store.copy(`${base}run/1/a`, outside, options);
    await store.remove(`${base}run/1/a`, options);
    expect(readdirSync(directory)).toEqual([]);
    await store.remove(outside, options);
    expect(statSync(join(directory, "../results/deep")).isDirectory()).toBe(true);
  });

  it("removes what is there and is content with what is not", async () => {
    const { store, base } = setUp();
    await store.put(`${base}a`, bytes("x"), options);
    for (let i = 0; i < 2; i++) await store.remove(`${base}a`, options);
    await store.remove(`${base}never/was/here`, options);
    expect(await store.list(base, options)).toEqual([]);
  });

  it("lists what begins with the prefix, sorted, and neither unfinished files nor links", async () => {
    const { store, base, directory } = setUp();
    for (const name of ["run/1/b", "run/1/a/x", "run/10/c", "run/2/d", "other"]) await store.put(`${base}${name}`, bytes(name), options);
    writeFileSync(join(directory, "run/1/.spillway-0abc.part"), "half");
    symlinkSync("/etc/passwd", join(directory, "run/1/link"));
    const list = async (prefix: string) => (await store.list(`${base}${prefix}`, options)).map((uri) => uri.slice(base.length));
    expect(await list("run/1/")).toEqual(["run/1/a/x", "run/1/b"]);
    expect(await list("run/1")).toEqual(["run/1/a/x", "run/1/b", "run/10/c"]);
    expect(await list("")).toEqual(["other", "run/1/a/x", "run/1/b", "run/10/c", "run/2/d"]);
    expect(await list("nothing/")).toEqual([]);
  });

  it("leaves the target of a link alone when the link is removed", async () => {
    const { store, base, directory } = setUp();
    mkdirSync(directory);
    const target = join(directory, "../target");
    writeFileSync(target, "x");
    symlinkSync(target, join(directory, "link"));
    await store.remove(`${base}link`, options);
    expect([existsSync(join(directory, "link")), existsSync(target)]).toEqual([false, true]);
  });
});
