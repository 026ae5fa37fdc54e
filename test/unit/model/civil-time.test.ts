import { describe, expect, it } from "vitest";
import { readInstantMs } from "../../../src/model/civil-time.js";

describe("readInstantMs", () => {
  it.each([
    ["2026-11-24T18:00:00Z", "2026-11-24T18:00:00.000Z"],
    ["2026-11-24T18:00Z", "2026-11-24T18:00:00.000Z"],
    ["2026-11-24t18:00:00.25z", "2026-11-24T18:00:00.250Z"],
    ["2026-11-24 18:00:00+02:00", "2026-11-24T16:00:00.000Z"],
    ["2026-11-24T18:00:00-0530", "2026-11-24T23:30:00.000Z"],
    ["2026-11-24T18:00:00.123456789Z", "2026-11-24T18:00:00.123Z"],
    ["1969-12-31T23:59:59Z", "1969-12-31T23:59:59.000Z"],
  ])("reads %s", (written, iso) => {
    expect(readInstantMs(written)).toEqual({ ok: true, value: Date.parse(iso) });
  });

  it.each([
    ["2026-11-24T18:00:00", "no time zone"],
    ["2026-02-29T00:00:00Z", "not a real date"],
    ["2026-13-01T00:00:00Z", "not a real date"],
    ["2026-11-24T24:00:00Z", "not a real date"],
    ["2026-11-24T18:00:60Z", "not a real date"],
    ["2026-11-24T18:00:00+25:00", "impossible time zone"],
    ["2026-11-24", "not a point in time"],
    [`2026-11-24T18:00:00Z${" ".repeat(1_000)}`, "not a point in time"],
  ])("refuses %s", (written, why) => {
    const reading = readInstantMs(written);
    expect(reading.ok ? "" : reading.problem).toContain(why);
  });
});
