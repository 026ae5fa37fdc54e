import { expect, it } from "vitest";
import { arweave } from "../../../../src/data/arweave/index.js";
import { gateway, host, readAll, sha256 } from "../gateways.js";

const options = { host };
const known = { host, sha256: sha256("hello") };
const ID = "bNbA3TEQVL60xlgCcqdz4ZPHFZ711cZ3hmkpGttDt_U";

it("reads transactions and paths below them, held to their digest", async () => {
  const pending = await gateway((_request, response) => response.writeHead(202).end("Pending"));
  const good = await gateway({ [`/base/${ID}`]: "hello", [`/base/${ID}/a%20b`]: "hello" });
  const store = arweave({ gateways: [pending.baseUrl, `${good.baseUrl}/base/`] });
  expect(store).toMatchObject({ id: "ar", schemes: ["ar"], write: false, needsDigest: true, erasable: false });
  expect(await readAll(await store.read(`ar://${ID}`, known))).toBe("hello");
  expect(await readAll(await store.read(`ar://${ID}/a b`, known))).toBe("hello");
  expect(await store.readUrl(`ar://${ID}`, 1, known)).toBe(`${good.baseUrl}/base/${ID}`);
  expect(await store.stat(`ar://${ID}`, options)).toEqual({ size: 5 });
  await expect(store.read(`ar://${ID}`, { host, sha256: sha256("other") })).rejects.toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
});

it("follows a gateway to the name under which it keeps a transaction apart", async () => {
  const good = await gateway((request, response) => {
    if (request.url === `/${ID}`) response.writeHead(302, { location: `/sandbox/${ID}` }).end();
    else response.end("hello");
  });
  expect(await readAll(await arweave({ gateways: [good.baseUrl] }).read(`ar://${ID}`, known))).toBe("hello");
});

it("never goes without a digest", async () => {
  const good = await gateway({ [`/${ID}`]: "hello" });
  const store = arweave({ gateways: [good.baseUrl] });
  for (const call of [() => store.read(`ar://${ID}`, options), () => store.readUrl(`ar://${ID}`, 1, options)]) {
    await expect(call()).rejects.toMatchObject({ code: "INVALID_WORKLOAD", details: { field: "sha256" } });
  }
  expect(good.arrived).toEqual([]);
});

it.each(["ar://", "ar://short", `ar://${ID}x`, `ar://${ID}/../x`, `ar://${ID}?x`, `https://arweave.net/${ID}`])(
  "refuses the address %s",
  async (uri) => {
    await expect(arweave().read(uri, known)).rejects.toMatchObject({ code: "INVALID_WORKLOAD" });
  },
);
