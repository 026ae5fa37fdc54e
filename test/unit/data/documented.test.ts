/** Holds docs/artifacts.md equal to the options and prices in the source. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { serviceOf } from "../../../src/data/s3/service.js";

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), "utf8");
const page = read("docs/artifacts.md");

/** Names of the properties of an interface, with those of the common options where it extends them. */
function optionsIn(path: string, name: string): string[] {
  const text = read(path);
  const [, extended = "", body = ""] = new RegExp(`export interface ${name}( extends \\w+)? \\{\\n(.*?)\\n\\}`, "s").exec(text) ?? [];
  const own = [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, option = ""]) => option);
  return extended === "" ? own : [...own, ...optionsIn("src/kit/objects/store-options.ts", "StoreWireOptions")];
}

/** First cells of the first table after a heading. */
function listedUnder(heading: string): string[] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  const table = section.split("| Option | Default | Meaning |")[1]?.split("\n\n")[0] ?? "";
  return [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, option = ""]) => option);
}

it.each([
  ["S3 and its kin", "src/data/s3/s3-options.ts", "S3Options"],
  ["Files of this machine", "src/data/file/file-store.ts", "FileStoreOptions"],
  ["Web addresses", "src/data/https/https-store.ts", "HttpsOptions"],
  ["IPFS and Arweave", "src/kit/objects/gateway-options.ts", "GatewayOptions"],
])("%s: every option is listed, and no other", (heading, path, name) => {
  const options = optionsIn(path, name);
  expect(options.length).toBeGreaterThan(1);
  expect(listedUnder(heading).sort()).toEqual(options.sort());
});

it("the prices are those of the source", () => {
  const endpoints = {
    "AWS S3 Standard, us-east-1": "https://s3.us-east-1.amazonaws.com",
    "Cloudflare R2 Standard": "https://0.r2.cloudflarestorage.com",
    "Backblaze B2": "https://s3.us-west-004.backblazeb2.com",
    "Google Cloud Storage Standard, us-central1": "https://storage.googleapis.com",
    others: "https://minio.example",
  };
  for (const [label, endpoint] of Object.entries(endpoints)) {
    const { prices, pricesSeen } = serviceOf(new URL(endpoint));
    const row = new RegExp(`^\\| ${label} \\| ([\\d.]+) \\| ([\\d.]+) \\| (.*) \\|$`, "m").exec(page);
    expect(row?.slice(1, 3).map(Number), label).toEqual([prices.egressUsdPerGB, prices.storageUsdPerGBMonth]);
    expect(pricesSeen).toContain(row?.[3] ?? "?");
  }
});
