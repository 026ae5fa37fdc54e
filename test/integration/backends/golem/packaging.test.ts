import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { HASH, onSimulatedYagna, playedRuntime } from "./fixture.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const run = promisify(execFile);

/** One whole lease, with everything that a backend is given by hand. */
const LIFE = `
const host = systemHost();
const call = () => testCallContext({ host });
const backend = golem({ appKey: process.argv[2], url: process.argv[3], network: "hoodi", glmUsd: 0.25, bidWindowMs: 100, machines: [{ glmPerHour: 1, cpu: 1, memory: 1024, disk: 1024 }] });
const main = async () => {
  const resources = { cpu: 1, memoryMiB: 1024, diskMiB: 1024 };
  const [offer] = await backend.listOffers({ ...resources, image: true, interruptible: true, maxLifetimeMs: 3600000 }, call());
  const launch = { key: "testns-1", image: "gvmi:http://images.example/a.gvmi#sha3:${HASH}", argv: ["/exit", "6"], env: {}, secrets: {}, resources, inputs: [], outputs: [], timeoutMs: 3600000, maxLifetimeMs: 3600000, nonce: "0", labels: {} };
  const rank = (bids) => bids.map(({ id, price }) => ({ offerId: id, totalUsd: price.usdPerHour, price }));
  const { ref } = await backend.bind({ key: launch.key, offer, launch, priceCapUsdPerHour: 1, rank }, call());
  let report;
  do {
    await new Promise((resolve) => setTimeout(resolve, 20));
    [report] = await backend.inspect([ref], call());
  } while (report.phase !== "exited" && report.phase !== "ended");
  while ((await backend.release(ref, { graceMs: 0 }, call())) === "pending") await new Promise((resolve) => setTimeout(resolve, 20));
  await backend.close();
  console.log(report.phase, report.exitCode);
};
main().catch(async (error) => {
  console.log(error.code, error.effect, error.message);
  await backend.close();
});
`;

test("the SDK's thread works from a bundle, as an ES module and as CommonJS, and keeps no process alive", {
  timeout: 180_000,
}, async (context) => {
  const { yagna } = await onSimulatedYagna(context, { runtime: playedRuntime(systemHost()) });
  const directory = await mkdtemp(join(tmpdir(), "spillway-golem-bundle-"));
  context.onTestFinished(() => rm(directory, { recursive: true }));
  const entry = join(directory, "entry.ts");
  const parts = { golem: "backends/golem/index.ts", systemHost: "runtime/system-host.ts", testCallContext: "testing/call-context.ts" };
  const imports = Object.entries(parts).map(([name, file]) => `import { ${name} } from ${JSON.stringify(join(root, "src", file))};`);
  await writeFile(entry, [...imports, LIFE].join("\n"));
  for (const format of ["esm", "cjs"] as const) {
    const outfile = join(directory, format === "esm" ? "life.mjs" : "life.cjs");
    const { metafile } = await build({
      entryPoints: [entry],
      outfile,
      format,
      bundle: true,
      platform: "node",
      metafile: true,
      logLevel: "silent",
    });
    // Licensed otherwise than this library, and replaceable by its user: never part of anybody's bundle.
    expect(Object.keys(metafile.inputs).filter((input) => input.includes("golem-sdk"))).toEqual([]);
    const { stdout } = await run(execPath, [outfile, yagna.appKey, yagna.url], { cwd: root, timeout: 60_000 });
    expect([format, stdout.trim()]).toEqual([format, "exited 6"]);
    const without = await run(execPath, [outfile, yagna.appKey, yagna.url], { cwd: directory, timeout: 60_000 });
    expect(without.stdout).toMatch(/^DEPENDENCY_MISSING none golem needs the package @golem-sdk\/golem-js.*npm install/);
  }
  expect(yagna.openAgreements()).toEqual([]);
  expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
});
