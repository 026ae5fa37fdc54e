import { describe, expect, it } from "vitest";
import { cutParts } from "../../../../src/data/s3/cut-parts.js";
import { encodeKey, locationOf, uriOf } from "../../../../src/data/s3/location.js";
import { blocksOf, escapeXml, isErrorDocument, textOf } from "../../../../src/data/s3/xml.js";
import { document, elements, escapeXml as escapeByServer } from "../../../../src/testing/s3/xml.js";
import { fc } from "../../../support/property.js";

async function* stream(pieces: readonly Uint8Array[]) {
  yield* pieces;
}

describe("cutting a stream into parts", () => {
  it("keeps every byte in order; all parts but the last are whole; there is always one", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 30 }),
        fc.integer({ min: 1, max: 64 }),
        async (pieces, partBytes) => {
          const parts: Uint8Array[] = [];
          for await (const part of cutParts(stream(pieces), partBytes)) parts.push(part);
          expect(Buffer.concat(parts)).toEqual(Buffer.concat(pieces));
          expect(parts.length).toBeGreaterThan(0);
          for (const part of parts.slice(0, -1)) expect(part.length).toBe(partBytes);
          expect(parts.at(-1)?.length).toBeLessThanOrEqual(partBytes);
          if (parts.length > 1) expect(parts.at(-1)?.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("grows its block, and copies what a source uses again", async () => {
    const piece = new Uint8Array(50_000);
    async function* reusing() {
      for (let index = 1; index <= 8; index++) {
        piece.fill(index);
        yield piece;
      }
    }
    const parts: Uint8Array[] = [];
    for await (const part of cutParts(reusing(), 300_000)) parts.push(part);
    expect(parts.map((part) => part.length)).toEqual([300_000, 100_000]);
    expect([parts[0]?.[0], parts[0]?.[299_999], parts[1]?.[99_999]]).toEqual([1, 6, 8]);
  });
});

describe("names", () => {
  it("survive the way into a URI and back, and are encoded as signatures want them", () => {
    const key = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter(
        (text) => !/[\0\ud800-\udfff]/u.test(text) && !text.endsWith("/") && !text.split("/").some((part) => part === "." || part === ".."),
      );
    fc.assert(
      fc.property(key, (text) => {
        expect(locationOf(uriOf({ bucket: "bucket", key: text }))).toEqual({ bucket: "bucket", key: text });
        expect(encodeKey(text)).toMatch(/^([A-Za-z0-9._~/-]|%[0-9A-F]{2})*$/);
        const url = new URL(`https://host/bucket/${encodeKey(text)}`);
        expect(decodeURIComponent(url.pathname)).toBe(`/bucket/${text}`);
      }),
      { numRuns: 500 },
    );
  });

  it("keep the case of buckets and of the scheme's neighbours", () => {
    expect(locationOf("S3://Bucket.Name/Key")).toEqual({ bucket: "Bucket.Name", key: "Key" });
  });
});

describe("the little XML", () => {
  it("gives texts and blocks back as they were written", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme", maxLength: 20 }), { maxLength: 5 }), (texts) => {
        const written = texts.filter((text) => !/\r/.test(text));
        const xml = document("List", written.map((Key) => `<Contents>${elements({ Key, Size: 1 })}</Contents>`).join(""));
        expect(blocksOf(xml, "Contents").map((block) => textOf(block, "Key"))).toEqual(written);
      }),
      { numRuns: 300 },
    );
    expect(textOf(`<A>${escapeXml("<&>")}</A>`, "A")).toBe("<&>");
    expect(escapeByServer("a\u0001b")).toBe("a&#x1;b");
  });

  it("knows an error from an answer that only holds the word", () => {
    expect(isErrorDocument('<?xml version="1.0"?>\n<Error><Code>X</Code></Error>')).toBe(true);
    expect(isErrorDocument('<Error xmlns="http://s3"><Code>X</Code></Error>')).toBe(true);
    expect(isErrorDocument(document("List", "<Contents><Key>Error</Key></Contents>"))).toBe(false);
    expect(isErrorDocument("<ErrorDocument/>")).toBe(false);
    expect(isErrorDocument("")).toBe(false);
  });

  it("does not take what it cannot know", () => {
    expect(textOf("<A>&unknown;&#x110000;</A>", "A")).toBe("&unknown;&#x110000;");
    expect(textOf("<AB>x</AB>", "A")).toBeUndefined();
    expect(textOf("<A/>", "A")).toBeUndefined();
  });
});
