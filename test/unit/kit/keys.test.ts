import { describe, expect, it } from "vitest";
import { createNaming, isKey, isOurs, MAX_KEY_LENGTH, namespaceOf, shortName } from "../../../src/kit/keys.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { fc } from "../../support/property.js";

const namespaceId = fc.stringMatching(/^[a-z][a-z0-9]{5,11}$/);
const rest = fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,34}$/);

describe("keys", () => {
  it("tells our keys from others'", () => {
    expect(isOurs("abc123-run-a1", { id: "abc123" })).toBe(true);
    for (const other of ["abc1234-run-a1", "abc123", "abc123-", "xabc123-run", "ABC123-run", "abc123_run"])
      expect(isOurs(other, { id: "abc123" })).toBe(false);
    expect(namespaceOf("abc123-run-a1")).toBe("abc123");
    expect(isKey(`a${"b".repeat(47)}`)).toBe(true);
    expect(isKey(`a${"b".repeat(48)}`)).toBe(false);
  });

  it("names come back as the key they were made from, and to nobody else", () => {
    fc.assert(
      fc.property(namespaceId, namespaceId, rest, fc.constantFrom("", "sw-", "Spillway_"), (id, otherId, tail, prefix) => {
        const key = `${id}-${tail}`;
        const naming = createNaming({ prefix, maxLength: 63 });
        const name = naming.toName(key);
        expect(name.length).toBeLessThanOrEqual(63);
        expect(naming.toKey(name)).toBe(key);
        expect(naming.toOurKey(name, { id })).toBe(key);
        expect(name.startsWith(naming.namePrefix({ id }))).toBe(true);
        if (otherId !== id) expect(naming.toOurKey(name, { id: otherId })).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  it("gives nothing for names of another make", () => {
    const naming = createNaming({ prefix: "sw-", maxLength: 63 });
    for (const name of ["abc123-run", "sw-", "sw-Upper", "web-server", "sw-1abc"]) expect(naming.toKey(name)).toBeUndefined();
  });

  it("refuses a prefix that could not hold every key", () => {
    expect(() => createNaming({ prefix: "production-", maxLength: 50 })).toThrow(/shorten it to 2 characters/);
    expect(() => createNaming({ maxLength: MAX_KEY_LENGTH - 1 })).toThrow(/shortName/);
    expect(() => createNaming({ prefix: "a b", maxLength: 100 })).toThrow(/letters, digits/);
    expect(() => createNaming({ maxLength: 63 }).toName("Not A Key")).toThrow(/must match/);
  });

  it("shortens deterministically inside the limit, keeping the namespace", () => {
    const host = createVirtualHost();
    const name = shortName("abc123-01j8zq3x5m-a1", 32, host);
    expect(name).toBe(shortName("abc123-01j8zq3x5m-a1", 32, host));
    expect(name).toMatch(/^abc123-[0-9a-f]{25}$/);
    expect(name).not.toBe(shortName("abc123-01j8zq3x5m-a2", 32, host));
    expect(() => shortName("abc123-x", 20, host)).toThrow(/16 are needed/);
  });
});
