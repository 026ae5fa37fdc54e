import { describe, expect, it } from "vitest";
import { httpDateToMs, isoToMs, msToIso, timestampMs } from "../../../src/kit/timestamp.js";
import { fc } from "../../support/property.js";

const date = fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });

describe("timestamps", () => {
  it("agree with the platform's calendar in both directions", () => {
    fc.assert(
      fc.property(date, (value) => {
        expect(msToIso(value.getTime())).toBe(value.toISOString());
        expect(isoToMs(value.toISOString())).toBe(value.getTime());
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ["2026-11-24T21:00:00", Date.UTC(2026, 10, 24, 21)],
    ["2026-11-24 21:00:00.123456789Z", Date.UTC(2026, 10, 24, 21, 0, 0, 123)],
    ["2026-11-24T21:00:00+02:00", Date.UTC(2026, 10, 24, 19)],
    ["2026-11-24T21:00:00.5-0530", Date.UTC(2026, 10, 25, 2, 30, 0, 500)],
    ["2024-02-29T00:00Z", Date.UTC(2024, 1, 29)],
  ])("reads %s", (text, ms) => {
    expect(isoToMs(text)).toBe(ms);
  });

  it.each([
    "",
    "yesterday",
    "2026-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-00-10T00:00:00Z",
    "2026-11-24T24:00:00Z",
    "2026-11-24",
    "2026-11-24T21:00:00+99:00",
  ])("refuses %j", (text) => {
    expect(isoToMs(text)).toBeUndefined();
  });

  it("reads the dates of HTTP headers", () => {
    fc.assert(
      fc.property(date, (value) => {
        const whole = new Date(Math.floor(value.getTime() / 1000) * 1000);
        expect(httpDateToMs(whole.toUTCString())).toBe(whole.getTime());
      }),
      { numRuns: 300 },
    );
    expect(httpDateToMs("Sunday, 06-Nov-94 08:49:37 GMT")).toBeUndefined();
  });

  it("is a response schema", () => {
    expect(timestampMs().parse("1970-01-01T00:00:01Z")).toBe(1000);
    expect(timestampMs().safeParse("soon").error?.issues[0]?.message).toBe("expected an ISO 8601 timestamp");
  });
});
