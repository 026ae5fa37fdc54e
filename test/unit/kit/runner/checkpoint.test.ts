import { describe, expect, test } from "vitest";
import { type CheckpointRecord, latestGoodCheckpoint, MAX_RECORD_BYTES, parseCheckpointRecord } from "../../../../src/kit/runner/index.js";
import { fc } from "../../../support/property.js";

const nonce = "ab".repeat(32);
const record = (sequence: number, more: Partial<CheckpointRecord> = {}): CheckpointRecord => ({
  version: 1,
  nonce,
  sequence,
  sha256: "12".repeat(32),
  size: 7,
  writtenAtMs: 1_000,
  ...more,
});
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(typeof value === "string" ? value : JSON.stringify(value));

describe("a checkpoint record", () => {
  test("is read as it was written", () => expect(parseCheckpointRecord(bytes(record(3)), nonce)).toEqual(record(3)));

  test.each([
    ["not JSON", "{"],
    ["of another attempt", record(1, { nonce: "cd".repeat(32) })],
    ["numbered 0", record(0)],
    ["numbered by halves", record(1.5)],
    ["with a short digest", record(1, { sha256: "12" })],
    ["with a negative size", record(1, { size: -1 })],
    ["with more in it", { ...record(1), more: 1 }],
    ["of another version", { ...record(1), version: 2 }],
    ["too long", " ".repeat(MAX_RECORD_BYTES + 1)],
  ])("is refused when %s", (_, value) => {
    expect(() => parseCheckpointRecord(bytes(value), nonce)).toThrow(expect.objectContaining({ code: "STAGING_FAILED" }));
  });
});

describe("the latest good checkpoint", () => {
  const whole = { size: 7, sha256: "12".repeat(32) };

  test("is the highest whose object is the one its record speaks of", () => {
    const slots = [
      { name: "older", record: record(4), stored: whole },
      { name: "good", record: record(5), stored: whole },
      { name: "gone", record: record(9) },
      { name: "cut short", record: record(8), stored: { ...whole, size: 6 } },
      { name: "overwritten", record: record(7), stored: { ...whole, sha256: "34".repeat(32) } },
      // Here the store knows no digests: the size has to do.
      { name: "unknown digest", record: record(3), stored: { size: 7 } },
    ];
    expect(latestGoodCheckpoint(slots)?.name).toBe("good");
    expect(latestGoodCheckpoint(slots.slice(5))?.name).toBe("unknown digest");
  });

  test("is nothing when there is none", () => {
    expect(latestGoodCheckpoint([])).toBeUndefined();
    expect(latestGoodCheckpoint([{ record: record(1) }])).toBeUndefined();
  });

  test("does not depend on the order of the slots", () => {
    const slots = fc.uniqueArray(fc.record({ sequence: fc.integer({ min: 1, max: 9 }), good: fc.boolean() }), {
      selector: (slot) => slot.sequence,
    });
    fc.assert(
      fc.property(slots, (chosen) => {
        const found = chosen.map(({ sequence, good }) => ({ record: record(sequence), stored: good ? whole : { size: 1 } }));
        const best = Math.max(0, ...chosen.filter(({ good }) => good).map(({ sequence }) => sequence));
        for (const order of [found, [...found].reverse()]) expect(latestGoodCheckpoint(order)?.record.sequence ?? 0).toBe(best);
      }),
      { numRuns: 200 },
    );
  });
});
