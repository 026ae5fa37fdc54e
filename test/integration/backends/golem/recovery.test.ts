import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { eventually } from "../../../support/eventually.js";
import { LONG, onSimulatedYagna, PATIENCE_MS, playedRuntime } from "./fixture.js";

vi.setConfig({ testTimeout: 240_000 });

const host = systemHost();
const runtime = playedRuntime(host);

/** A directory from which another package than the real one is loaded as the SDK. */
function sdkOf(source: string): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), "spillway-golem-sdk-"));
  const place = join(directory, "node_modules", "@golem-sdk", "golem-js");
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "package.json"), JSON.stringify({ name: "@golem-sdk/golem-js", version: "3.6.0", main: "index.cjs" }));
  writeFileSync(join(place, "index.cjs"), source);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const REAL = createRequire(import.meta.url).resolve("@golem-sdk/golem-js");

describe.concurrent("after a crash", () => {
  test("another process finds the lease, cannot take it up, ends it and settles its bill", async (context) => {
    const { backend, bind, yagna, another, call, until, report, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await backend.close?.();
    const later = another();
    expect(await later.find([{ key: ref.key, intendedAtMs: 0 }], call())).toMatchObject([
      { kind: "bound", lease: { ref: { key: ref.key } } },
    ]);
    expect((await later.listLeases(call())).map(({ key }) => key)).toEqual([ref.key]);
    expect(await report(ref, later)).toMatchObject({ kind: "status", phase: "ended", reason: "LEASE_LOST", charge: { final: false } });
    await released(ref, later);
    expect(yagna.openAgreements()).toEqual([]);
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
    const [bill] = [...yagna.ledger().values()];
    expect(bill?.invoiceAccepted).toBe(bill?.invoiced);
    expect(await report(ref, later)).toMatchObject({ charge: { final: true } });
    expect(await later.listLeases(call())).toEqual([]);
  });

  test("what a list alone names can be ended too, and an inflated invoice is refused then as well", async (context) => {
    const { backend, bind, yagna, another, call, until, released } = await onSimulatedYagna(context, { runtime });
    yagna.behave("*", { invoiceFactor: 100_000 });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await backend.close?.();
    const later = another();
    const [listed] = await later.listLeases(call());
    if (listed === undefined) throw new Error("Nothing is listed.");
    await released(listed, later);
    expect(yagna.openAgreements()).toEqual([]);
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
    expect([...yagna.ledger().values()][0]?.invoiceAccepted ?? 0n).toBe(0n);
  });

  test("leases of other namespaces are neither listed nor found", async (context) => {
    const { backend, bind, call, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG });
    const stranger = call({ namespace: { id: "stranger", secret: "00" } });
    expect(await backend.listLeases(stranger)).toEqual([]);
    await released(ref);
  });
});

describe.concurrent("a daemon that goes away", () => {
  test("while it is down nothing is certain, and afterwards everything goes on", async (context) => {
    const { bind, yagna, until, report, released } = await onSimulatedYagna(context, { runtime }, { timeoutMs: 2_000 });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    // A command on its way to a daemon that goes away is lost, since nobody knows whether it arrived; one that is followed is not.
    await eventually(() => yagna.requests.some(({ operation }) => operation === "batchStream"), "the command's output", PATIENCE_MS);
    const restarting = yagna.restart({ downMs: 2_000 });
    await eventually(async () => (await report(ref)).kind === "unknown", "silence", PATIENCE_MS);
    await restarting;
    expect(await until(ref, "running", "ended")).toMatchObject({ phase: "running" });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
  });

  test("one that has forgotten everything has lost the lease", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    await yagna.restart({ state: "lost" });
    expect(await until(ref, "ended")).toMatchObject({ reason: "LEASE_LOST" });
    await released(ref);
  });

  test("one that is not there, or refuses the key, is said to be so before anything is ordered", async (context) => {
    const { bind, yagna, backend, call } = await onSimulatedYagna(context, { runtime }, { timeoutMs: 2_000 });
    yagna.changeAppKey("another");
    await expect(bind()).rejects.toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "none" });
    await yagna.close();
    const demand = { cpu: 1, memoryMiB: 1, diskMiB: 1, image: true, interruptible: true, maxLifetimeMs: 1_000 };
    await expect(backend.listOffers(demand, call())).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
  });
});

describe.concurrent("the SDK's thread", () => {
  test("an SDK that ends at once is started again a few times, and no more", async (context) => {
    const sdk = sdkOf(
      "module.exports = { YagnaApi: class { constructor() { setTimeout(() => { throw new Error('odd'); }, 0); process.exit(3); } } };",
    );
    const { bind, yagna } = await onSimulatedYagna(context, { runtime }, { sdkFrom: sdk.directory, mostRestarts: 2 });
    for (let count = 0; count < 3; count += 1) {
      await expect(bind()).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE", effect: "none" });
    }
    await expect(bind()).rejects.toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      retry: "later",
      message: expect.stringContaining("`mostRestarts` allows 2"),
    });
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
    sdk.remove();
  });

  test("when it ends, its leases are lost, this process is not, and the next bind gets another thread", async (context) => {
    const trigger = join(mkdtempSync(join(tmpdir(), "spillway-golem-trigger-")), "now");
    const sdk = sdkOf(
      `setInterval(() => { if (require("node:fs").existsSync(${JSON.stringify(trigger)})) process.exit(9); }, 50);\nmodule.exports = require(${JSON.stringify(REAL)});`,
    );
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, { sdkFrom: sdk.directory });
    const first = await bind({ argv: LONG });
    await until(first.ref, "running");
    writeFileSync(trigger, "");
    expect(await until(first.ref, "ended")).toMatchObject({ reason: "LEASE_LOST", message: expect.stringContaining("thread") });
    rmSync(trigger);
    await released(first.ref);
    const second = await bind({ argv: LONG });
    await until(second.ref, "running");
    await released(second.ref);
    expect(yagna.openAgreements()).toEqual([]);
    sdk.remove();
  });

  test("a place without the SDK is passed over for the next one", async (context) => {
    const { bind, released } = await onSimulatedYagna(context, { runtime }, { sdkFrom: "/nowhere" });
    // Found beside this library all the same: the option is looked at first, not alone.
    const { ref } = await bind({ argv: LONG });
    await released(ref);
  });

  test("once closed, nothing of it is left: no thread, no socket, no poll", async (context) => {
    const { backend, bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: ["/exit", "0"] });
    await until(ref, "exited");
    await released(ref);
    await backend.close?.();
    const count = yagna.requests.length;
    expect([yagna.openDemands(), yagna.openServices(), yagna.openSockets]).toEqual([0, 0, 0]);
    await new Promise((resolve) => host.setTimer(1_000, () => resolve(undefined), { keepAlive: true }));
    expect(yagna.requests.length).toBe(count);
  });
});
