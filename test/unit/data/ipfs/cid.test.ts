import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cidOfSha256, sha256OfCid } from "../../../../src/data/ipfs/index.js";
import { fc } from "../../../support/property.js";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

describe("CIDs of raw blocks", () => {
  // As every IPFS program prints them for these files with raw leaves.
  it.each([
    ["hello world", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"],
    ["", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"],
  ])("of %j is known", (text, cid) => {
    expect(cidOfSha256(sha256(text))).toBe(cid);
    expect(sha256OfCid(cid)).toBe(sha256(text));
  });

  it("go there and back for every digest", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const hex = Buffer.from(bytes).toString("hex");
        const cid = cidOfSha256(hex);
        expect(cid).toMatch(/^bafkrei[a-z2-7]{52}$/);
        expect(sha256OfCid(cid)).toBe(hex);
        expect(cidOfSha256(hex.toUpperCase())).toBe(cid);
      }),
      { numRuns: 300 },
    );
  });

  it("are told from all others: directories, large files, other hashes, other spellings", () => {
    const raw = cidOfSha256(sha256("x"));
    const others = [
      "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
      "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi",
      raw.toUpperCase(),
      raw.slice(0, -1),
      `${raw}a`,
      `${raw.slice(0, -1)}${raw.endsWith("b") ? "c" : "b"}`,
      `z${raw.slice(1)}`,
      raw.replace("bafkrei", "bafkrej"),
      "b",
      "",
    ];
    // What decodes must be this very text: no two texts for one digest.
    expect(others.filter((cid) => sha256OfCid(cid) !== undefined && cidOfSha256(sha256OfCid(cid) ?? "") !== cid)).toEqual([]);
    expect(others.slice(0, 5).map(sha256OfCid)).toEqual(Array.from({ length: 5 }, () => undefined));
  });

  it.each(["", "abc", "g".repeat(64), "0".repeat(65)])("are refused for %j", (text) => {
    expect(() => cidOfSha256(text)).toThrow(expect.objectContaining({ code: "INVALID_WORKLOAD" }));
  });
});
