import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { pathToFileURL } from "node:url";
import { type GolemOptions, golem } from "../../../src/backends/golem/index.js";
import {
  type BackendConformanceSetup,
  type BackendUnderTest,
  FAULTS,
  type Fault,
  type FaultControl,
  type FaultyVerb,
} from "../../../src/conformance/backend/index.js";
import { type NanoUsd, nanoUsd } from "../../../src/model/money.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import type { Host } from "../../../src/spec/host.js";
import { testCallContext } from "../../../src/testing/call-context.js";
import {
  type GolemFault,
  type GolemOperation,
  processGolemRuntime,
  type SimulatedYagna,
  startSimulatedYagna,
} from "../../../src/testing/golem/index.js";
import { type HurriedHost, hurriedHost } from "./hurried-host.js";

const HASH = "cd".repeat(28);
const VOLUMES = ["/golem/work", "/in", "/out"];
const USD_PER_GLM = 0.3;
const SLOW_MS = 100_000;

const OPTIONS: GolemOptions = {
  appKey: "yagna-test-key",
  network: "hoodi",
  glmUsd: USD_PER_GLM,
  gasUsd: 0,
  volumes: VOLUMES,
  machines: [{ name: "small", glmPerHour: 0.1, cpu: 4, memory: "8GiB", disk: "20GiB" }],
  firstBidMs: 25_000,
  bidWindowMs: 50,
  invoiceMs: 5_000,
  timeoutMs: 8_000,
};

/** The requests in which a verb's fault strikes: the one with the effect, or the first. */
const OPERATIONS: Readonly<Partial<Record<FaultyVerb, GolemOperation>>> = {
  listOffers: "identity",
  bind: "confirmAgreement",
  find: "listAgreements",
  inspect: "getAgreement",
  release: "terminateAgreement",
  listLeases: "listAgreements",
};

const FAULT: Readonly<Record<Fault, GolemFault>> = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", status: 503, effect: false },
  "server-error-after-effect": { kind: "status", status: 500, body: { message: "database is locked" }, effect: true },
  "rate-limited": { kind: "status", status: 429, effect: false },
  malformed: { kind: "garbage" },
  unauthorized: { kind: "status", status: 401, effect: false },
  slow: { kind: "slow", ms: SLOW_MS },
};

/** The platform's fetch, which knows what is between here and the daemon, each request by a name of its own. */
function countingFetch() {
  const underWay = new Set<string>();
  let made = 0;
  const counted: typeof globalThis.fetch = async (input, init) => {
    made += 1;
    const id = String(made);
    underWay.add(id);
    const headers = new Headers(init?.headers);
    headers.set("x-request-id", id);
    try {
      return await fetch(input, { ...init, headers });
    } finally {
      underWay.delete(id);
    }
  };
  return { fetch: counted, underWay, made: () => made };
}

/** Faults last. What is only waited for while they do, an answer that is held back or the next try, comes at once. */
function faultControl(yagna: SimulatedYagna, traffic: ReturnType<typeof countingFetch>, host: HurriedHost): FaultControl {
  const heldFromSdk = (): number => yagna.heldIds.filter((id) => id === "").length;
  const hurry = (verb: FaultyVerb | undefined): void => {
    const before = { made: traffic.made(), held: heldFromSdk() };
    host.hurry(() => {
      const held = yagna.heldIds;
      // The SDK signs, and what its thread is doing meanwhile nobody knows; only an answer that it cannot get is certain to be all there is.
      const hasBegun = verb === "bind" ? heldFromSdk() > before.held : traffic.made() > before.made;
      if (!hasBegun || [...traffic.underWay].some((id) => !held.includes(id))) return undefined;
      return [traffic.made(), traffic.underWay.size, held.length, yagna.requests.length].join();
    });
  };
  return {
    supported: FAULTS,
    inject: (fault, verb, times = 1) => {
      yagna.clearFaults();
      // The SDK takes a confirmation's answer for granted, whatever it looks like.
      const usual = verb === undefined ? undefined : OPERATIONS[verb];
      const operation = verb === "bind" && fault === "malformed" ? "createAllocation" : usual;
      yagna.inject({ fault: FAULT[fault], times, ...(operation === undefined ? {} : { operation }) });
      hurry(verb);
    },
    clear: () => {
      host.walk();
      yagna.clearFaults();
    },
  };
}

const keyOf = (properties: Readonly<Record<string, unknown>>): string => String(properties["spillway.key"]);

/** Charged by key: what was accepted of the invoice, and before there is one, what was used. */
function ledgerOf(yagna: SimulatedYagna): ReadonlyMap<string, NanoUsd> {
  const ledger = yagna.ledger();
  return new Map(
    yagna.agreements().map(({ id, demandProperties }) => {
      const { used = 0n, invoiced, invoiceAccepted = 0n } = ledger.get(id) ?? {};
      const atto = invoiced === undefined ? used : invoiceAccepted;
      return [keyOf(demandProperties), nanoUsd((Number(atto) / 1e18) * USD_PER_GLM, "up")];
    }),
  );
}

/** What a launch made to record prints of itself. */
const RECORD = "process.stdout.write(JSON.stringify({ args: process.argv.slice(1), env: process.env }))";

const platform = { now: Date.now, setTimeout };

/** The platform's own clock and timers, kept before a case watches who uses them: the other side of this setup may. */
const daemonHost: Host = {
  ...systemHost(),
  now: () => platform.now(),
  newId: () => randomUUID().replaceAll("-", "").slice(0, 26),
  setTimer: (delayMs, fire) => {
    const timer = platform.setTimeout(fire, Math.min(delayMs, 2_147_483_647));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};

async function create(): Promise<BackendUnderTest> {
  const host = hurriedHost();
  const traffic = countingFetch();
  const directory = await mkdtemp(join(tmpdir(), "spillway-golem-test-"));
  const yagna = await startSimulatedYagna({
    host: daemonHost,
    runtime: processGolemRuntime(daemonHost),
    images: [{ hash: HASH, volumes: VOLUMES }],
    providers: [
      { name: "alpha", capacity: 20, cpuGlmPerSecond: 0.000001 },
      { name: "beta", capacity: 20, cpuGlmPerSecond: 0.000002 },
    ],
  });
  const backend = golem({ ...OPTIONS, url: yagna.url, fetch: traffic.fetch });
  const namespace = { id: "testns", secret: "5e".repeat(32) };
  let published = 0;
  return {
    backend,
    host,
    namespace,
    faults: faultControl(yagna, traffic, host),
    ledger: () => ledgerOf(yagna),
    // Funds are set aside before anything else and given back last.
    openCount: () => yagna.allocations().filter(({ open }) => open).length,
    received: async (key) => {
      let text = "";
      const call = testCallContext({ host, namespace });
      for await (const chunk of backend.logs?.({ backend: backend.id, key, data: {} }, call) ?? []) text += chunk.text;
      return text === "" ? [] : [JSON.parse(text)];
    },
    publish: async (content) => {
      published += 1;
      const file = join(directory, String(published));
      await writeFile(file, content);
      return pathToFileURL(file).href;
    },
    close: async () => {
      host.walk();
      await backend.close?.();
      await yagna.close();
      await rm(directory, { recursive: true, force: true });
      if (yagna.openAgreements().length > 0) throw new Error("An agreement is still open.");
    },
  };
}

const COPY = 'while [ $# -gt 0 ]; do mkdir -p "$(dirname "$2")"; cp -- "$1" "$2"; shift 2; done';
const WRITE = 'code="$1"; shift; while [ $# -gt 0 ]; do mkdir -p "$(dirname "$1")"; printf "%s" "$2" > "$1"; shift 2; done; exit "$code"';

/** The setup for the real SDK on a simulated daemon, in real time. */
export const golemSetup: BackendConformanceSetup = {
  kind: "golem",
  capabilities: golem(OPTIONS).capabilities,
  create,
  demand: { cpu: 2, memoryMiB: 2_048, diskMiB: 2_048, image: true, interruptible: true, maxLifetimeMs: 4 * 3_600_000 },
  launches: {
    succeed: () => ["/bin/sh", "-c", "exit 0"],
    fail: (code) => ["/bin/sh", "-c", `exit ${code}`],
    sleep: (ms) => ["sleep", String(ms / 1_000)],
    record: (args) => [execPath, "-e", RECORD, "--", ...args],
    print: (text) => ["printf", "%s", text],
    writeOutputs: (files, code) => ["/bin/sh", "-c", WRITE, "sh", String(code), ...Object.entries(files).flat()],
    copy: (files) => ["/bin/sh", "-c", COPY, "sh", ...Object.entries(files).flat()],
    checkInput: (path, sha256) => ["/bin/sh", "-c", '[ "$(sha256sum < "$1" | cut -c1-64)" = "$2" ]', "sh", path, sha256],
  },
  image: `gvmi:http://images.example/conformance.gvmi#sha3:${HASH}`,
  partial: true,
  enforcesTimeout: true,
  faults: FAULTS,
  // Real time, on a machine that may have other things to do: only what fails has to wait so long.
  limits: {
    bindMs: 90_000,
    startMs: 120_000,
    runMs: 120_000,
    answerMs: 30_000,
    abortMs: 10_000,
    lifetimeMs: 6_000,
    lifetimeSlackMs: 8_000,
  },
};
