import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { type FlexValue, readFlexbuffer } from "../../../src/testing/golem/flexbuffer-reader.js";
import { writeFlexbuffer } from "../../../src/testing/golem/flexbuffer-writer.js";
import { sha3Of256Bits } from "../../../src/testing/golem/sha3.js";
import { fc } from "../../support/property.js";

/** The implementation that golem-js brings along. */
const theirs = createRequire(createRequire(import.meta.url).resolve("@golem-sdk/golem-js"))("flatbuffers/js/flexbuffers.js") as {
  readonly toObject: (buffer: ArrayBuffer) => unknown;
  readonly encode: (value: unknown) => Uint8Array;
};

// Theirs sorts keys by UTF-16 units and looks them up by bytes, so keys are kept to ASCII, as those of every message are.
const key = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/);
const blob = fc.uint8Array({ maxLength: 300 });
const leaf = fc.oneof(fc.constant(null), fc.boolean(), fc.integer(), fc.string({ unit: "grapheme" }), blob);
const { value } = fc.letrec<{ value: FlexValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 5, noNullPrototype: true }),
  ),
}));
/** Messages are maps. */
const message = fc.dictionary(key, value, { minKeys: 1, maxKeys: 4, noNullPrototype: true });

describe("what goes over the sockets of transfers", () => {
  test("what is written is read again", () => {
    fc.assert(
      fc.property(message, (said) => {
        expect(readFlexbuffer(writeFlexbuffer(said))).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test("golem-js reads what is written", () => {
    fc.assert(
      fc.property(message, (said) => {
        const bytes = writeFlexbuffer(said);
        expect(theirs.toObject(bytes.slice().buffer)).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test("what golem-js writes is read", () => {
    fc.assert(
      fc.property(message, (said) => {
        expect(readFlexbuffer(theirs.encode(said))).toEqual(said);
      }),
      { numRuns: 300 },
    );
  });

  test("digests are those of SHA3-256", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 700 }), (bytes) => {
        expect(sha3Of256Bits(bytes)).toBe(createHash("sha3-256").update(bytes).digest("hex"));
      }),
      { numRuns: 200 },
    );
  });
});
