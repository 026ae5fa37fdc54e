import { describe, expect, it, vi } from "vitest";
import { type AwsBatchOptions, type AwsBatchQueue, awsBatch } from "../../../../src/backends/aws-batch/index.js";
import { type JobSize, sizeOn } from "../../../../src/backends/aws-batch/job-size.js";
import { awsBatchOptions } from "../../../../src/backends/aws-batch/options.js";
import { configuredRates, priceAt } from "../../../../src/backends/aws-batch/prices/rates.js";
import type { ResolvedQueue } from "../../../../src/backends/aws-batch/queue-options.js";

const FARGATE: AwsBatchQueue = { queue: "f", platform: "fargate", purchase: "on-demand", executionRoleArn: "arn:aws:iam::1:role/x" };
const EC2: AwsBatchQueue = { queue: "e", platform: "ec2", purchase: "on-demand", instance: { type: "g6.xlarge" }, gpu: { model: "L4" } };
const make = (queue: object, more: Partial<AwsBatchOptions> = {}) =>
  awsBatch({ region: "us-east-1", queues: [queue as AwsBatchQueue], ...more });
const resolved = (queue: AwsBatchQueue) => {
  const [one] = awsBatchOptions.parse({ queues: [queue] }).queues;
  if (one === undefined) throw new Error("no queue");
  return one;
};
const priceOn = (queue: ResolvedQueue, size: JobSize, region: string) => {
  const rates = configuredRates(queue, region);
  if (rates === undefined) throw new Error("no rates");
  return priceAt(rates, queue, size);
};
const ask = { cpu: 1, memoryMiB: 2_048, diskMiB: 1_024 };

describe("options", () => {
  it.each([
    [{ ...FARGATE, executionRoleArn: undefined }, /executionRoleArn.*must be given for Fargate/],
    [{ ...FARGATE, gpu: { model: "T4" } }, /has no GPUs/],
    [{ ...FARGATE, purchase: "spot" }, /usdPerVcpuHour/],
    [{ ...FARGATE, queue: "bad name" }, /job queue's name or ARN/],
    [{ ...FARGATE, shareIdentifier: "a-b" }, /letters and digits/],
    [{ ...FARGATE, executionRoleArn: "role" }, /must be an ARN/],
    [{ ...FARGATE, instanze: {} }, /there is no option `queues\[0\].instanze`/],
    [{ queue: "e", platform: "ec2", purchase: "spot" }, /vcpus.*memoryMiB/],
    [{ queue: "e", platform: "ec2", purchase: "spot", instance: { type: "g6.xlarge" } }, /instance.usdPerHour/],
    [{ ...EC2, instance: { vcpus: 4, memoryMiB: 8_192, usdPerHour: 1 } }, /gpus/],
    [{ ...FARGATE, platform: "eks" }, /"ec2" or "fargate"/],
  ])("refuses %j", (queue, message) => {
    expect(() => make(queue)).toThrow(message);
    expect(() => make(queue)).toThrow(expect.objectContaining({ code: "INVALID_CONFIG" }));
  });

  it.each<[unknown, RegExp]>([
    [{ pricingRegion: "eu-west-1" }, /`?prices\.pricingRegion`?.*us-east-1, eu-central-1, ap-south-1/],
    [{ refreshMs: 10_000, staleMs: 9_999 }, /prices\.staleMs.*at least `refreshMs`/],
    [{ pricingClient: {} }, /prices\.pricingClient.*client of the AWS SDK/],
    [{ refreshMinutes: 1 }, /there is no option `prices\.refreshMinutes`/],
    ["spot", /prices/],
  ])("refuses the prices %j", (prices, message) => {
    expect(() => make(FARGATE, { prices } as object)).toThrow(
      expect.objectContaining({ code: "INVALID_CONFIG", message: expect.stringMatching(message) }),
    );
  });

  it("needs no price for what can be looked up, and still one for what cannot", () => {
    const elsewhere = { region: "eu-west-1", prices: "api" } as const;
    for (const queue of [FARGATE, EC2, { ...EC2, purchase: "spot" }]) expect(make(queue, elsewhere).kind).toBe("aws-batch");
    expect(() => make({ ...FARGATE, purchase: "spot" }, elsewhere)).toThrow(/not for Fargate Spot/);
    const nameless = { queue: "e", platform: "ec2", purchase: "spot", instance: { vcpus: 4, memoryMiB: 8_192 } };
    expect(() => make(nameless, elsewhere)).toThrow(/instance\.usdPerHour/);
    expect(() => make(FARGATE, { ...elsewhere, prices: "configured" })).toThrow(/usdPerVcpuHour/);
  });

  it("names option and variable when there is no region, and refuses a queue twice", () => {
    const noRegion = { queues: [{ ...FARGATE, usdPerVcpuHour: 1, usdPerGiBHour: 1 }] };
    vi.stubEnv("AWS_REGION", "");
    vi.stubEnv("AWS_DEFAULT_REGION", "");
    expect(() => awsBatch(noRegion)).toThrow(/`region` or set AWS_REGION/);
    vi.stubEnv("AWS_DEFAULT_REGION", "eu-west-1");
    expect(awsBatch(noRegion).capabilities.countries).toEqual(["IE"]);
    vi.unstubAllEnvs();
    const arn = "arn:aws:batch:us-east-1:123456789012:job-queue/f";
    expect(() => awsBatch({ region: "us-east-1", queues: [FARGATE, { ...FARGATE, queue: arn }] })).toThrow(/must not be named twice/);
  });

  it("needs a price outside of us-east-1", () => {
    expect(() => make(FARGATE, { region: "eu-west-1" })).toThrow(/usdPerVcpuHour/);
    expect(make({ ...FARGATE, usdPerVcpuHour: 0.05, usdPerGiBHour: 0.005 }, { region: "eu-west-1" }).capabilities.countries).toEqual([
      "IE",
    ]);
  });

  it("declares what it was told", () => {
    const { capabilities } = make(FARGATE, { staging: "none", certifications: ["ISO27001"], agreements: ["dpa"], country: "US" });
    expect(capabilities).toMatchObject({ staging: "none", paid: true, images: "required", enforcesLifetime: true, charges: "reported" });
    expect(capabilities.trust).toEqual({ operators: ["single"], certifications: ["iso27001"], agreements: ["dpa"], tee: [] });
  });
});

describe("sizes and prices", () => {
  it("of Fargate are those of the grid, at the list price", () => {
    const queue = resolved(FARGATE);
    const size = sizeOn(queue, { ...ask, memoryMiB: 2_049 });
    expect(size).toEqual({ vcpus: 1, memoryMiB: 3_072, gpus: 0, diskGiB: 20 });
    if (size) expect(priceOn(queue, size, "us-east-1")).toEqual({ usdPerHour: 0.053815, source: expect.stringContaining("2026") });
  });

  it("of Fargate count disk beyond 20 GiB, in steps", () => {
    const queue = resolved(FARGATE);
    const size = sizeOn(queue, { ...ask, diskMiB: 25 * 1_024 });
    expect(size?.diskGiB).toBe(30);
    if (size) expect(priceOn(queue, size, "us-east-1").usdPerHour).toBeCloseTo(0.04048 + 2 * 0.004445 + 10 * 0.000111, 9);
    expect(sizeOn(queue, { ...ask, diskMiB: 201 * 1_024 })).toBeUndefined();
  });

  it("of machines are shares, at most the whole one", () => {
    const queue = resolved({
      queue: "e",
      platform: "ec2",
      purchase: "spot",
      instance: { vcpus: 4, memoryMiB: 16_384, usdPerHour: 1 },
      utilisation: 0.5,
    });
    const price = (request: typeof ask) => {
      const size = sizeOn(queue, request);
      return size && priceOn(queue, size, "us-east-1").usdPerHour;
    };
    expect(price(ask)).toBe(0.5);
    expect(price({ ...ask, cpu: 0.1, memoryMiB: 4_096 })).toBe(0.5);
    expect(price({ ...ask, cpu: 4 })).toBe(1);
    expect(price({ ...ask, memoryMiB: 16_384 })).toBeUndefined();
    expect(price({ ...ask, cpu: 5 })).toBeUndefined();
  });

  it("of GPU queues are for GPU work only", () => {
    expect(sizeOn(resolved(EC2), ask)).toBeUndefined();
    expect(sizeOn(resolved(EC2), { ...ask, gpu: { count: 1 } })).toMatchObject({ gpus: 1 });
    expect(sizeOn(resolved(EC2), { ...ask, gpu: { count: 2 } })).toBeUndefined();
    expect(sizeOn(resolved(FARGATE), { ...ask, gpu: { count: 1 } })).toBeUndefined();
  });

  it("keep to the limits and the architecture", () => {
    const queue = resolved({ ...FARGATE, limits: { vcpus: 1 }, arch: "arm64" });
    expect(sizeOn(queue, { ...ask, cpu: 2 })).toBeUndefined();
    expect(sizeOn(queue, { ...ask, arch: "x86_64" as const })).toBeUndefined();
    expect(sizeOn(queue, { ...ask, arch: "arm64" as const })).toMatchObject({ vcpus: 1 });
  });
});
