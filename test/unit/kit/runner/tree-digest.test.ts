import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { runnerNonce, runnerToken, treeDigest } from "../../../../src/kit/runner/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { fc } from "../../../support/property.js";

const host = createVirtualHost();
const sha = "12".repeat(32);

test("the digest of a tree is that of its sorted lines", () => {
  const text = `./link -> a\n${"00".repeat(32)}  ./b/c\n${sha}  ./a\n`;
  const entries = [
    { member: "a", sha256: sha },
    { member: "link", target: "a" },
    { member: "b/c", sha256: "00".repeat(32) },
  ];
  expect(treeDigest(entries, host)).toBe(createHash("sha256").update(text).digest("hex"));
  expect(treeDigest([...entries].reverse(), host)).toBe(treeDigest(entries, host));
  expect(treeDigest([], host)).toBe(createHash("sha256").update("").digest("hex"));
});

test("lines are sorted by their bytes, as a shell without a language does, not by UTF-16 units", () => {
  // U+FF5E is EF BD 9E and U+1F642 is F0 9F 99 82 in UTF-8, but FF5E and D83D DE42 in UTF-16.
  const entries = ["\uff5e", "\u{1f642}"].map((member) => ({ member, target: "x" }));
  const text = "./\uff5e -> x\n./\u{1f642} -> x\n";
  expect(treeDigest([...entries].reverse(), host)).toBe(createHash("sha256").update(text).digest("hex"));
});

test("different trees have different digests", () => {
  const tree = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.constantFrom(sha, "34".repeat(32)), { maxKeys: 4 });
  const digest = (files: Record<string, string>) =>
    treeDigest(
      Object.entries(files).map(([member, sha256]) => ({ member, sha256 })),
      host,
    );
  fc.assert(
    fc.property(tree, tree, (a, b) => {
      const same = JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
      return (digest(a) === digest(b)) === same;
    }),
    { numRuns: 200 },
  );
});

test("nonce and token are the namespace's, the attempt's, and not each other", () => {
  const texts = ["aa", "bb"].flatMap((secret) =>
    ["testns-r1-a1", "testns-r1-a2"].flatMap((key) => [runnerNonce({ secret }, key, host), runnerToken({ secret }, key, host)]),
  );
  expect(new Set(texts).size).toBe(8);
  for (const text of texts) expect(text).toMatch(/^[0-9a-f]{64}$/);
  expect(runnerNonce({ secret: "aa" }, "testns-r1-a1", host)).toBe(host.hmacSha256("aa", "testns-r1-a1"));
});
