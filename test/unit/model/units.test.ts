import { describe, expect, it } from "vitest";
import { SchedulerError } from "../../../src/model/errors/scheduler-error.js";
import { formatDuration, parseBytes, parseDurationMs, parseMiB } from "../../../src/model/units.js";
import { refusal } from "./refusal.js";

describe("parseDurationMs", () => {
  it.each([
    ["20m", 1_200_000],
    ["1h30m", 5_400_000],
    ["1h 30m", 5_400_000],
    [" 90s ", 90_000],
    ["250ms", 250],
    ["2d", 172_800_000],
    ["1.5h", 5_400_000],
    [".5s", 500],
    ["20 min", 1_200_000],
    ["1d2h3m4s5ms", 93_784_005],
    [1_500, 1_500],
  ])("reads %j as %d ms", (written, ms) => {
    expect(parseDurationMs(written, "timeout")).toBe(ms);
  });

  it.each([
    "",
    " ",
    "m",
    "20",
    "1e3s",
    "30m1h",
    "1m1m",
    "-5m",
    "5 lightyears",
    "0s",
    "1h,30m",
    "NaN",
    "200y",
    "40000d",
    `${"9".repeat(70)}s`,
  ])("refuses %j", (written) => {
    const error = refusal(() => parseDurationMs(written, "timeout"));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("timeout");
    expect(error.message).toContain("`timeout`");
    expect(error.message).toContain('"1h30m"');
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY, 0.2, 1e18])("refuses the number %d", (written) => {
    expect(refusal(() => parseDurationMs(written, "timeout")).code).toBe("INVALID_WORKLOAD");
  });

  it("takes the code of whoever asks", () => {
    expect(refusal(() => parseDurationMs("soon", "grace", "INVALID_CONFIG")).code).toBe("INVALID_CONFIG");
  });

  it("cuts long text short in its message", () => {
    const error = refusal(() => parseDurationMs("x".repeat(100_000), "timeout"));
    expect(error.message.length).toBeLessThan(300);
  });
});

describe("parseMiB and parseBytes", () => {
  it("keeps 1024-based and 1000-based units apart", () => {
    expect(parseMiB("8GiB", "memory")).toBe(8_192);
    expect(parseMiB("8GB", "memory")).toBe(7_630); // 7,629.39 MiB, rounded up
    expect(parseBytes("8GB", "size")).toBe(8_000_000_000);
    expect(parseBytes("8GiB", "size")).toBe(8_589_934_592);
  });

  it.each([
    ["512MiB", 512],
    ["1.5TiB", 1_572_864],
    ["8gib", 8_192],
    ["8Gi", 8_192],
    ["1kB", 1],
    [100, 100],
    [0.25, 1],
  ])("reads %j as %d MiB", (written, mib) => {
    expect(parseMiB(written, "memory")).toBe(mib);
  });

  it("counts fractions of units without binary error", () => {
    expect(parseBytes("0.1GB", "size")).toBe(100_000_000);
    expect(parseBytes("1.1MB", "size")).toBe(1_100_000);
    expect(parseBytes(0, "size")).toBe(0);
  });

  it("tells why a lone letter is refused", () => {
    expect(refusal(() => parseMiB("8G", "resources.memory")).message).toContain("1000 to some and 1024 to others");
  });

  it.each(["", "8", "GiB", "8 GiB 3", "1.2.3GiB", "-8GiB", "0GiB", "9999999PiB", "8XB"])("refuses %j", (written) => {
    const error = refusal(() => parseMiB(written, "resources.memory"));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toBe("resources.memory");
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the number %d", (written) => {
    expect(SchedulerError.isInstance(refusal(() => parseMiB(written, "memory")))).toBe(true);
  });
});

describe("formatDuration", () => {
  it.each([
    [0, "0ms"],
    [-5, "0ms"],
    [0.4, "1ms"],
    [250, "250ms"],
    [1_500, "1.5s"],
    [60_000, "1m"],
    [90_000, "1m 30s"],
    [3_600_000, "1h"],
    [5_400_000, "1h 30m"],
    [86_400_000, "1d"],
    [93_600_000, "1d 2h"],
  ])("writes %d ms as %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});
