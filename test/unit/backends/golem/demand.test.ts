import { expect, test } from "vitest";
import { rentSecondsFor, toSdkDemand } from "../../../../src/backends/golem/demand.js";

const options = { runtime: "vm", gpuRuntime: "vm-nvidia", capabilities: ["vpn"], noteAcceptMs: 120_000, noteIntervalMs: 90_500 };

test("a launch becomes a demand in the SDK's units", () => {
  expect(toSdkDemand({ cpu: 1.5, memoryMiB: 1_536, diskMiB: 10_240 }, { imageTag: "a/b:1" }, "public", options)).toEqual({
    workload: {
      imageTag: "a/b:1",
      runtime: { name: "vm" },
      capabilities: ["vpn"],
      minMemGib: 1.5,
      minStorageGib: 10,
      minCpuThreads: 2,
      minCpuCores: 1,
    },
    payment: { debitNotesAcceptanceTimeoutSec: 120, midAgreementDebitNoteIntervalSec: 91, midAgreementPaymentTimeoutSec: 43_200 },
    subnetTag: "public",
  });
});

test("work with a GPU asks for the GPU runtime and a free card", () => {
  const gpu = { models: ["rtx3090"], count: 1 };
  const { workload } = toSdkDemand({ cpu: 1, memoryMiB: 1_024, diskMiB: 1_024, gpu }, { imageTag: "a/b:1" }, "public", options);
  expect([workload.runtime.name, workload.capabilities]).toEqual(["vm-nvidia", ["!exp:gpu", "vpn"]]);
});

test("rent is the lifetime and a margin, and never less than providers take", () => {
  const rent = { leastRentMs: 360_000, rentMarginMs: 60_000 };
  expect([rentSecondsFor(3_600_000, rent), rentSecondsFor(1, rent)]).toEqual([3_660, 360]);
});
