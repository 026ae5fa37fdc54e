import { describe, expect, it } from "vitest";
import { cidOfSha256, ipfs } from "../../../../src/data/ipfs/index.js";
import { refusedAddress } from "../../kit/loopback.js";
import { gateway, host, readAll, sha256 } from "../gateways.js";

const options = { host };
const RAW = cidOfSha256(sha256("hello"));
const DIRECTORY = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";

describe("reading through gateways", () => {
  it("needs no digest where the CID holds it", async () => {
    const good = await gateway({ [`/ipfs/${RAW}`]: "hello" });
    const store = ipfs({ gateways: [good.baseUrl] });
    expect(await readAll(await store.read(`ipfs://${RAW}`, options))).toBe("hello");
    expect(await readAll(await store.read(`ipfs://${RAW}/`, options))).toBe("hello");
    expect(await store.stat(`ipfs://${RAW}`, options)).toEqual({ size: 5, sha256: sha256("hello") });
    expect(await store.readUrl(`ipfs://${RAW}`, 1, options)).toBe(`${good.baseUrl}/ipfs/${RAW}`);
    await expect(store.read(`ipfs://${RAW}`, { ...options, sha256: sha256("other") })).rejects.toMatchObject({
      code: "INPUT_DIGEST_MISMATCH",
    });
  });

  it("needs one for everything else, and asks nobody without", async () => {
    const path = `${DIRECTORY}/a%20b/%C3%A4.txt`;
    const good = await gateway({ [`/ipfs/${path}`]: "hello" });
    const store = ipfs({ gateways: [good.baseUrl] });
    for (const call of [() => store.read(`ipfs://${path}`, options), () => store.readUrl(`ipfs://${path}`, 1, options)]) {
      await expect(call()).rejects.toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "sha256" } });
    }
    expect(good.arrived).toEqual([]);
    const known = { ...options, sha256: sha256("hello").toUpperCase() };
    expect(await readAll(await store.read(`ipfs://${DIRECTORY}/a b/ä.txt`, known))).toBe("hello");
    expect(await store.readUrl(`ipfs://${path}`, 1, known)).toBe(`${good.baseUrl}/ipfs/${path}`);
    expect(await store.stat(`ipfs://${path}`, options)).toEqual({ size: 5 });
    // The CID is the directory's, so its digest says nothing about a file below it.
    const raw = ipfs({ gateways: [(await gateway({ [`/ipfs/${RAW}/x`]: "hello" })).baseUrl] });
    await expect(raw.read(`ipfs://${RAW}/x`, options)).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
  });

  it("passes over gateways that are down, do not have it, are still looking, or lie", async () => {
    const lying = await gateway({ [`/ipfs/${RAW}`]: "evil!" });
    const absent = await gateway({});
    const looking = await gateway((_request, response) => response.writeHead(202).end("soon"));
    const cut = await gateway((_request, response) => {
      response.writeHead(200, { "content-length": 5 });
      response.write("hel", () => response.destroy());
    });
    const good = await gateway({ [`/ipfs/${RAW}`]: "hello" });
    const store = ipfs({ gateways: [await refusedAddress(), absent.baseUrl, looking.baseUrl, cut.baseUrl, lying.baseUrl, good.baseUrl] });
    expect(await readAll(await store.read(`ipfs://${RAW}`, options))).toBe("hello");
    const asked = lying.arrived.length;
    expect(asked).toBe(1);
    // The liar is asked last from then on.
    expect(await readAll(await store.read(`ipfs://${RAW}`, options))).toBe("hello");
    expect(lying.arrived.length).toBe(asked);
    expect(good.arrived.length).toBe(2);
  });

  it("never gives all of wrong bytes, however large", async () => {
    const wrong = Buffer.alloc(3_000_000, "x");
    const lying = await gateway({ [`/ipfs/${DIRECTORY}`]: wrong });
    const store = ipfs({ gateways: [lying.baseUrl], heldBytes: 100_000 });
    let seen = 0;
    const reading = (async () => {
      for await (const piece of await store.read(`ipfs://${DIRECTORY}`, { ...options, sha256: sha256("right") })) seen += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({
      code: "INPUT_DIGEST_MISMATCH",
      message: expect.stringContaining(new URL(lying.baseUrl).host),
    });
    expect(seen).toBeLessThan(wrong.length);
    expect(seen).toBeGreaterThan(0);
    const right = ipfs({ gateways: [lying.baseUrl], heldBytes: 100_000 });
    expect((await readAll(await right.read(`ipfs://${DIRECTORY}`, { ...options, sha256: sha256(wrong) }))).length).toBe(wrong.length);
  });

  it("tells what nobody has from what nobody gives now", async () => {
    const absent = await gateway({});
    const known = { ...options, sha256: sha256("x") };
    const nowhere = ipfs({ gateways: [absent.baseUrl] });
    await expect(nowhere.read(`ipfs://${DIRECTORY}`, known)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
    await expect(nowhere.readUrl(`ipfs://${DIRECTORY}`, 1, known)).rejects.toMatchObject({ code: "ARTIFACT_NOT_FOUND" });
    expect(await nowhere.stat(`ipfs://${DIRECTORY}`, options)).toBeUndefined();
    const down = ipfs({ gateways: [absent.baseUrl, await refusedAddress()] });
    for (const call of [() => down.read(`ipfs://${DIRECTORY}`, known), () => down.stat(`ipfs://${DIRECTORY}`, options)]) {
      await expect(call()).rejects.toMatchObject({ code: "ARTIFACT_STORE_UNAVAILABLE" });
    }
  });

  it("takes only so many bytes, and stops when the caller gives up", async () => {
    const good = await gateway({ [`/ipfs/${RAW}`]: "hello" });
    await expect(ipfs({ gateways: [good.baseUrl], maxBytes: 4 }).read(`ipfs://${RAW}`, options)).rejects.toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
    });
    const hanging = await gateway(() => undefined);
    const abort = new AbortController();
    const store = ipfs({ gateways: [hanging.baseUrl, good.baseUrl] });
    const reading = store.read(`ipfs://${RAW}`, { host, signal: abort.signal });
    await hanging.received(1);
    abort.abort("enough");
    await expect(reading).rejects.toBe("enough");
  });
});

describe("what it refuses", () => {
  it.each([
    "ipfs://",
    "ipfs://../x",
    "ipfs://host.example/x",
    `ipfs://${RAW.toUpperCase()}`,
    `ipfs://${DIRECTORY}/../x`,
    `ipfs://${DIRECTORY}/%2e%2e/x`,
    `ipfs://${DIRECTORY}//x`,
    `ipfs://${DIRECTORY}/x?y`,
    `ipfs://${DIRECTORY}/100%`,
    `https://ipfs.io/ipfs/${RAW}`,
  ])("the address %s", async (uri) => {
    const good = await gateway({});
    const store = ipfs({ gateways: [good.baseUrl] });
    const known = { ...options, sha256: sha256("x") };
    for (const call of [() => store.read(uri, known), () => store.readUrl(uri, 1, known), () => store.stat(uri, known)]) {
      await expect(call()).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
    }
    expect(good.arrived).toEqual([]);
  });

  it("writing, and gateways that make no sense", async () => {
    const store = ipfs();
    expect(store).toMatchObject({ id: "ipfs", schemes: ["ipfs"], write: false, needsDigest: true, erasable: false });
    await expect(store.put(`ipfs://${RAW}`, { bytes: new Uint8Array() }, options)).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
    for (const gateways of [[], ["ipfs.io"], ["ftp://ipfs.io"], ["https://u:p@ipfs.io"], ["https://ipfs.io/?token=x"]]) {
      expect(() => ipfs({ gateways })).toThrow(expect.objectContaining({ code: "INVALID_CONFIG", details: { field: "gateways" } }));
    }
  });
});
