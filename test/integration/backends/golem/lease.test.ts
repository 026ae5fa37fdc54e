import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test, vi } from "vitest";
import { Secret } from "../../../../src/kit/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { ProviderBreakCode } from "../../../../src/testing/golem/index.js";
import { eventually } from "../../../support/eventually.js";
import { keepingPlan, LONG, onSimulatedYagna, PATIENCE_MS, playedRuntime } from "./fixture.js";

vi.setConfig({ testTimeout: 240_000 });

const host = systemHost();
const runtime = playedRuntime(host);

describe.concurrent("machines that do not come up", () => {
  test("an activity that cannot be created is a failed start, and the agreement is ended", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    yagna.behave("*", { activity: "fail" });
    const { ref } = await bind({ argv: LONG });
    expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  });

  test("an image that cannot be had, or has another hash, is said to be so", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    for (const deploy of ["transfer-error", "invalid-hash"] as const) {
      yagna.behave("*", { deploy });
      const { ref } = await bind({ argv: LONG });
      expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "IMAGE_PULL_FAILED" });
      await released(ref);
    }
  });

  test("an image that never arrives is not waited for longer than `deployMs`", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, { deployMs: 2_000 });
    yagna.behave("*", { deploy: "never" });
    const { ref } = await bind({ argv: LONG });
    expect(await until(ref, "ended", "exited")).toMatchObject({
      reason: "PROVISIONING_FAILED",
      message: expect.stringContaining("2000 ms"),
    });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
  });
});

describe.concurrent("while a command runs", () => {
  test("results that cannot be had for a while are asked for again", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: ["/sleep", "1500"] });
    await until(ref, "running");
    yagna.inject({ operation: "batchResults", fault: { kind: "status", status: 500, effect: false }, times: 3 });
    expect(await until(ref, "exited", "ended")).toMatchObject({ phase: "exited", exitCode: 0 });
    await released(ref);
  });

  test("a stream that is cut costs output, never the result", async (context) => {
    const { bind, yagna, backend, call, until, released } = await onSimulatedYagna(context, { runtime });
    yagna.inject({ operation: "batchStream", fault: { kind: "cut", effect: true } });
    const { ref } = await bind({ argv: ["/exit", "4"] });
    expect(await until(ref, "exited", "ended")).toMatchObject({ phase: "exited", exitCode: 4 });
    let said = "";
    for await (const { stream, text } of backend.logs?.(ref, call()) ?? []) if (stream === "system") said += text;
    expect(said).toContain("stream of output was lost");
    await released(ref);
  });

  test("an exe-unit that crashes is a lost lease", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG });
    await until(ref, "running");
    yagna.crashExeUnit(yagna.activities()[0]?.id ?? "", "out of luck");
    expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "LEASE_LOST" });
    await released(ref);
    expect(yagna.openAgreements()).toEqual([]);
  });

  const breaks: readonly (readonly [ProviderBreakCode, string])[] = [
    ["Shutdown", "PREEMPTED"],
    ["RequestorUnreachable", "LEASE_LOST"],
    ["DebitNotesDeadline", "BACKEND_UNAVAILABLE"],
    ["Expired", "WORKLOAD_TIMED_OUT"],
  ];

  test("why a provider broke the agreement is read from the daemon, since the SDK drops it", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    for (const [code, reason] of breaks) {
      const { ref } = await bind({ argv: LONG });
      await until(ref, "running");
      yagna.breakAgreement(yagna.openAgreements()[0]?.id ?? "", code);
      expect(await until(ref, "ended", "exited"), code).toMatchObject({ phase: "ended", reason });
      await released(ref);
    }
    expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  });

  test("a command that is ended at its timeout runs no more, though the SDK would let it", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    const { ref } = await bind({ argv: LONG, timeoutMs: 500 });
    expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "WORKLOAD_TIMED_OUT" });
    // Nobody has released it, and it costs nothing any more.
    await eventually(() => yagna.openAgreements().length === 0, "the end of the agreement", PATIENCE_MS);
    expect(yagna.activities().map(({ state }) => state)).toEqual(["Terminated"]);
    await released(ref);
  });
});

describe.concurrent("files", () => {
  test("inputs are put in place, secrets arrive, and neither stands in what the daemon was told to execute", async (context) => {
    const directory = await mkdtemp(join(tmpdir(), "spillway-golem-test-"));
    try {
      const file = join(directory, "part");
      await writeFile(file, "forty-two");
      const { bind, yagna, backend, call, until, released } = await onSimulatedYagna(context);
      const secret = `hush ${host.randomHex(8)} 'x' $y`;
      const { ref } = await bind({
        argv: ["sh", "-c", 'printf "%s+%s" "$(cat "$1")" "$TOKEN" > "$2"; ls -A /golem/work', "sh", "/in/part", "/out/joined"],
        secrets: { TOKEN: new Secret(secret) },
        inputs: [{ path: "/in/part", url: pathToFileURL(file).href, sha256: host.sha256("forty-two") }],
      });
      expect(await until(ref, "exited", "ended")).toMatchObject({ exitCode: 0 });
      const files = new Map<string, string>();
      await backend.collect?.(ref, keepingPlan(["/out/joined"], files), call());
      expect(files.get("/out/joined")).toBe(`forty-two+${secret}`);
      let printed = "";
      for await (const { text } of backend.logs?.(ref, call()) ?? []) printed += text;
      expect(printed.trim()).toBe("");
      const told = yagna.requests.filter(({ operation }) => operation === "exec").map(({ body }) => body);
      expect(told.length).toBeGreaterThan(2);
      expect(told.join()).not.toContain("hush");
      await released(ref);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test("pieces that come in the wrong order are put right", async (context) => {
    const { bind, yagna, backend, call, until, released } = await onSimulatedYagna(context);
    yagna.behave("*", { chunkOrder: "reversed" });
    const script = 'i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done > /out/big';
    const { ref } = await bind({ argv: ["/bin/sh", "-c", script] });
    await until(ref, "exited");
    const files = new Map<string, string>();
    await backend.collect?.(ref, keepingPlan(["/out/big"], files), call());
    expect(files.get("/out/big")).toBe(Array.from({ length: 20_000 }, (_, index) => `line ${index}\n`).join(""));
    await released(ref);
  });

  test("a transfer that stands still ends the attempt within its time", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime }, { transferMs: 1_000 });
    yagna.behave("*", { transfers: "stall" });
    const { ref } = await bind({ argv: ["/exit", "0"], secrets: { A: new Secret("value") } });
    expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "STAGING_FAILED" });
    await released(ref);
    expect(yagna.openServices()).toBe(0);
  });

  test("a transfer that fails is a failed staging", async (context) => {
    const { bind, yagna, until, released } = await onSimulatedYagna(context, { runtime });
    yagna.behave("*", { transfers: "fail" });
    const { ref } = await bind({ argv: ["/exit", "0"], secrets: { A: new Secret("value") } });
    expect(await until(ref, "ended", "exited")).toMatchObject({ phase: "ended", reason: "STAGING_FAILED" });
    await released(ref);
  });

  test("files outside a VOLUME are refused before there is anything to pay", async (context) => {
    const { bind, yagna } = await onSimulatedYagna(context, { runtime });
    await expect(bind({ outputs: [{ path: "/etc/passwd", optional: false }] })).rejects.toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
      effect: "none",
    });
    expect(yagna.requests.filter(({ operation }) => operation === "createAllocation")).toEqual([]);
  });
});
