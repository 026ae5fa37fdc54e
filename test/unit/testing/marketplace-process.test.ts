import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pause } from "../../../src/kit/process/index.js";
import type { Artifact } from "../../../src/model/artifact.js";
import type { LeaseReport } from "../../../src/model/lease.js";
import { Secret } from "../../../src/model/secret.js";
import { systemHost } from "../../../src/runtime/system-host.js";
import type { ByteSource, Launch } from "../../../src/spec/launch.js";
import { type MarketplaceOptions, marketplace, type SimulatedMarketplace, testCallContext } from "../../../src/testing/index.js";
import { complete, DEMAND, failure, launchFor, placementFor } from "./market-fixture.js";

const host = systemHost();
const call = () => testCallContext({ host });

/** Node code as a command; without options, so that it starts fast. */
const node = (code: string): readonly string[] => [process.execPath, "-e", code];

describe("simulated marketplace: really running commands", () => {
  let folder: string;
  let market: SimulatedMarketplace;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "spillway-test-"));
  });

  afterEach(async () => {
    await market.close();
    // Nothing may be left of what the market made.
    expect((await readdir(folder)).filter((name) => name.startsWith("spillway-sim-"))).toEqual([]);
    await rm(folder, { recursive: true });
  });

  const open = (options: Partial<MarketplaceOptions> = {}) => {
    market = marketplace({ execute: "process", workFolder: folder, providers: [{ name: "solo", startMs: 0 }], ...options });
    return market;
  };
  const ref = (key: string) => ({ backend: "marketplace", key, data: {} });
  const bind = async (key: string, launch: Partial<Launch>) => {
    const [offer] = await market.listOffers(DEMAND, call());
    if (offer === undefined) throw new Error("no offer");
    return market.bind(placementFor(key, offer, { launch: launchFor(key, launch) }), call());
  };
  const report = async (key: string): Promise<LeaseReport> => {
    const [one] = await market.inspect([ref(key)], call());
    if (one === undefined) throw new Error("no report");
    return one;
  };
  const until = async (key: string, wanted: (report: LeaseReport) => boolean): Promise<LeaseReport> => {
    for (const endMs = host.monotonic() + 15_000; host.monotonic() < endMs; ) {
      const one = await report(key);
      if (wanted(one)) return one;
      await pause(host, 15);
    }
    throw new Error(`still ${JSON.stringify(await report(key), (_, value: unknown) => (typeof value === "bigint" ? `${value}` : value))}`);
  };
  const phase = (wanted: string) => (one: LeaseReport) => one.kind === "status" && one.phase === wanted;
  const collect = async (key: string, outputs: Launch["outputs"]) => {
    const files = new Map<string, string>();
    const put = async (path: string, member: string, body: ByteSource): Promise<Artifact> => {
      const bytes = "bytes" in body ? body.bytes : "file" in body ? await readFile(body.file) : undefined;
      if (bytes === undefined) throw new Error("no stream was expected");
      files.set(member === "" ? path : `${path}/${member}`, new TextDecoder().decode(bytes));
      return { uri: `mem:${path}`, sha256: host.sha256(bytes), size: bytes.length };
    };
    const manifest = await complete(market).collect(ref(key), { outputs, put }, call());
    return { manifest, files };
  };

  it("stages inputs, passes environment and secrets, and hands outputs over", async () => {
    open();
    expect(market.capabilities).toMatchObject({ images: "none", staging: "native", affinity: "process" });
    const input = join(folder, "input.txt");
    await writeFile(input, "forty-two");
    const outputs = [
      { path: "/out", optional: false },
      { path: "extra.txt", optional: true },
    ];
    await bind("k1", {
      argv: node(
        `const fs = require("node:fs"); fs.mkdirSync("out/deep", { recursive: true });
         fs.writeFileSync("out/a.txt", fs.readFileSync("in/data.txt", "utf8") + process.env.GREETING + process.env.TOKEN);
         fs.writeFileSync(process.env.SPILLWAY_ROOT + "/out/deep/b.txt", Object.keys(process.env).sort().join());
         console.log("working"); console.error("complaining");`,
      ),
      env: { GREETING: " hello " },
      secrets: { TOKEN: new Secret("secret") },
      inputs: [{ path: "/in/data.txt", url: pathToFileURL(input).href, sha256: host.sha256("forty-two") }],
      outputs,
    });
    expect(await until("k1", phase("exited"))).toMatchObject({ exitCode: 0 });
    const { manifest, files } = await collect("k1", outputs);
    expect(files.get("/out/a.txt")).toBe("forty-two hello secret");
    expect(files.get("/out/deep/b.txt")).toBe("GREETING,HOME,LANG,PATH,SPILLWAY_ROOT,TMPDIR,TOKEN");
    expect(manifest.outputs.map((output) => output.sha256)).toEqual([...files.values()].map((text) => host.sha256(text)));
    const lines: string[] = [];
    for await (const chunk of market.logs(ref("k1"), call())) lines.push(`${chunk.stream} ${chunk.text.trim()}`);
    expect(lines.sort()).toEqual(["stderr complaining", "stdout working"]);
    expect(await market.release(ref("k1"), { graceMs: 0 }, call())).toBe("released");
    expect(await report("k1")).toMatchObject({ phase: "exited", exitCode: 0, charge: { final: true } });
    expect((await readdir(folder)).sort()).toEqual(["input.txt"]);
  });

  it("reports exit codes, and time limits as what they are", async () => {
    open({ providers: [{ name: "solo", nodes: 2, startMs: 0 }] });
    await bind("k1", { argv: node("process.exit(3)") });
    await bind("k2", { argv: node("setInterval(() => {}, 1000)"), timeoutMs: 300 });
    expect(await until("k1", phase("exited"))).toMatchObject({ exitCode: 3 });
    expect(await until("k2", phase("exited"))).toMatchObject({ exitCode: 143, reason: "WORKLOAD_TIMED_OUT" });
    expect((await collect("k1", [{ path: "nothing", optional: false }])).manifest).toMatchObject({ exitCode: 3, outputs: [] });
  });

  it("kills the command when the node dies, also one that ignores SIGTERM", async () => {
    open({ faults: { plan: { launches: [{ dieAfterMs: 900 }] } } });
    const file = join(folder, "pid");
    await bind("k1", { argv: node(`process.on("SIGTERM", () => {}); ${sayPid(file)}`) });
    const pid = await pidIn(file);
    expect(await until("k1", phase("ended"))).toMatchObject({ reason: "LEASE_LOST" });
    await untilGone(pid);
    expect(await failure(collect("k1", []))).toMatchObject({ code: "LEASE_LOST" });
  });

  it("kills the command on demand and on release", async () => {
    open({ providers: [{ name: "solo", nodes: 2, startMs: 0 }] });
    const files = ["one", "two"].map((name) => join(folder, name));
    for (const [index, file] of files.entries()) await bind(`k${index + 1}`, { argv: node(sayPid(file)) });
    const pids = await Promise.all(files.map(pidIn));
    for (const key of ["k1", "k2"]) await until(key, phase("running"));
    market.killNode("sim-solo-1", { silentMs: 600_000 });
    expect(await report("k1")).toMatchObject({ phase: "running" });
    expect(await market.release(ref("k2"), { graceMs: 0 }, call())).toBe("released");
    expect(await report("k2")).toMatchObject({ phase: "ended", reason: "CANCELLED" });
    for (const pid of pids) await untilGone(pid);
  });

  it("shows slowness as a later exit, without wasting the processor", async () => {
    open({ providers: [{ name: "slow", startMs: 0, speed: 0.2 }] });
    await bind("k1", { argv: node(`require("node:fs").writeFileSync("out.txt", "done"); setTimeout(() => {}, 100)`) });
    const exited = await until("k1", phase("exited"));
    if (exited.kind !== "status") throw new Error("a status was expected");
    const shownMs = (exited.endedAtMs ?? 0) - (exited.startedAtMs ?? 0);
    // The process took at least 100 ms, and all of it is shown five-fold.
    expect(shownMs).toBeGreaterThanOrEqual(500);
    expect((await collect("k1", [{ path: "out.txt", optional: false }])).files.get("out.txt")).toBe("done");
  });

  it("corrupts what a liar's command really made", async () => {
    open({ providers: [{ name: "liar", startMs: 0, wrongShare: 1 }] });
    await bind("k1", { argv: node(`require("node:fs").writeFileSync("out.txt", "right")`) });
    await until("k1", phase("exited"));
    const { manifest, files } = await collect("k1", [{ path: "out.txt", optional: false }]);
    expect(files.get("out.txt")).not.toBe("right");
    expect(manifest.outputs[0]?.sha256).not.toBe(host.sha256("right"));
  });

  it("never starts what is not to start, and says why when it cannot", async () => {
    open({
      providers: [{ name: "solo", nodes: 4, startMs: 0 }],
      faults: {
        plan: {
          launches: [
            { match: { key: "k1" }, blockStartMs: "forever" },
            { match: { key: "k2" }, startError: "PROVISIONING_FAILED" },
          ],
        },
      },
    });
    const touched = join(folder, "touched");
    const touch = node(`require("node:fs").writeFileSync(${JSON.stringify(touched)}, "")`);
    await bind("k1", { argv: touch });
    await bind("k2", { argv: touch });
    await bind("k3", { argv: touch, inputs: [{ path: "in", url: pathToFileURL(join(folder, "missing")).href }] });
    await bind("k4", { argv: ["/no/such/command"] });
    expect(await until("k3", phase("ended"))).toMatchObject({ reason: "STAGING_FAILED" });
    expect(await until("k4", phase("exited"))).toMatchObject({ exitCode: 127 });
    expect(await report("k1")).toMatchObject({ phase: "pending" });
    expect(await report("k2")).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
    for (const key of ["k1", "k2", "k3", "k4"]) expect(await market.release(ref(key), { graceMs: 0 }, call())).toBe("released");
    expect(await readdir(folder)).toEqual([]);
  });

  /** A command that says who it is and then waits for ever. */
  function sayPid(file: string): string {
    return `require("node:fs").writeFileSync(${JSON.stringify(file)}, process.pid + "."); setInterval(() => {}, 1000);`;
  }

  async function pidIn(file: string): Promise<number> {
    for (const endMs = host.monotonic() + 10_000; host.monotonic() < endMs; await pause(host, 15)) {
      const text = await readFile(file, "utf8").catch(() => "");
      if (text.endsWith(".")) return Number(text.slice(0, -1));
    }
    throw new Error(`${file} never appeared`);
  }

  async function untilGone(pid: number): Promise<void> {
    for (const endMs = host.monotonic() + 10_000; host.monotonic() < endMs; await pause(host, 15)) {
      try {
        process.kill(pid, 0);
      } catch {
        return;
      }
    }
    throw new Error(`process ${pid} still lives`);
  }
});
