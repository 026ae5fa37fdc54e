import { expect, test } from "vitest";
import { keyOf, nameOf } from "../../../../src/backends/akash/names.js";
import { fc } from "../../../support/property.js";

const namespaces = fc.stringMatching(/^[a-z][a-z0-9]{5,11}$/);
const keys = fc.stringMatching(/^[a-z][a-z0-9-]{0,47}$/);

test("names are DNS labels from which the key comes back, and no other namespace's", () => {
  fc.assert(
    fc.property(namespaces, keys, namespaces, (id, key, other) => {
      for (const one of [key, `${id}-${key}`.slice(0, 48)]) {
        const name = nameOf(one, { id });
        expect(name).toMatch(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(keyOf(name, { id })).toBe(one);
        if (other !== id) expect(keyOf(nameOf(one, { id }), { id: other }) === one && !one.startsWith(`${other}-`)).toBe(false);
      }
    }),
  );
});

test("the runtime's own keys leave room for what providers append", () => {
  expect(nameOf(`testns-${"a".repeat(41)}`, { id: "testns" })).toHaveLength(50);
});

test.each(["web", "", "testns-", "testns-one", "other1-one-0", "testns-A-0"])("%j is none of ours", (name) => {
  expect(keyOf(name, { id: "testns" })).toBeUndefined();
});

test("what is no key is refused", () => {
  expect(() => nameOf("Not a key", { id: "testns" })).toThrow(expect.objectContaining({ code: "INVARIANT_BROKEN" }));
});
