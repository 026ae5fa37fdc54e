/**
 * Files in, files out, on machines that are nothing but containers: no exit code, no volumes, and what exits is started again. The market is
 * simulated and the bucket is a test server on this machine; processes, uploads, signatures and digests are real.
 *
 *     npx tsx examples/10-inputs-and-outputs.ts
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { policies, Scheduler, systemHost } from "spillway";
import { s3 } from "spillway/data/s3";
import { marketplace, startS3Server } from "spillway/testing";

const folder = mkdtempSync(join(tmpdir(), "spillway-example-"));
const words = join(folder, "words.txt");
writeFileSync(words, "the cheapest machine is not the one with the lowest price\n");

// In your program: s3({ bucket: "acme-jobs" }), with keys from the environment. They never leave this process.
const server = await startS3Server({ host: systemHost(), buckets: ["acme-jobs"] });
const artifacts = s3({ bucket: "acme-jobs", endpoint: server.url, region: server.region, credentials: server.credentials });

const containers = marketplace({
  id: "containers",
  providers: [{ name: "cheap", nodes: 3, usdPerHour: 0.04, startMs: 50 }],
  execute: "process",
  staging: "wrapper",
  restartAfterMs: 700, // the platform moves the container in the middle of the work
  capabilities: { pollMs: { least: 100, most: 500 } },
  workFolder: folder,
});

const scheduler = new Scheduler({ backends: [containers], artifacts: [artifacts], policy: policies.cheapest() });

const run = await scheduler.schedule({
  // Absolute paths are those of the image; a simulated machine has none, and says in SPILLWAY_ROOT where they lie.
  command: [
    "sh",
    "-c",
    `sleep 1; cd "$SPILLWAY_ROOT/out"; tr " " "\\n" < ../in/words | sort -u > sorted; wc -l < sorted
     mkdir -p letters; while read -r word; do echo "$word" >> "letters/$(printf %.1s "$word")"; done < sorted`,
  ],
  inputs: { "/in/words": words }, // a file of this machine: uploaded once, under its digest
  // A directory leaves the machine as one archive, and is taken apart here once its digest and every name in it are checked.
  outputs: { "/out/sorted": "s3://acme-jobs/results/sorted", "/out/letters": "s3://acme-jobs/results/letters/" },
  resources: { cpu: 0.25, memory: "128MiB", disk: "100MiB" },
  data: "public",
  expectedDuration: "10m",
  verification: "none",
});

const result = await run.result();
const sorted = result.output("/out/sorted");
console.log(`${sorted.uri}: ${sorted.size} bytes, sha256 ${sorted.sha256.slice(0, 12)}...`);
const text = new TextDecoder().decode(await sorted.download());
console.log(`words: ${text.trim().replaceAll("\n", " ")}`);
const letters = result.outputs.filter(({ path }) => path === "/out/letters");
console.log(`letters: ${letters.map(({ member, size }) => `${member} ${size}`).join(", ")}`);
console.log(
  `attempts: ${result.attempts.length}, containers: ${1 + (containers.leases()[0]?.restarts ?? 0)}, exit code ${result.exitCode}`,
);

const receipt = await run.settled();
console.log(`released, final: ${receipt.final}`);
await scheduler.close();
console.log("left in the bucket:");
for (const key of [...server.objects("acme-jobs").keys()].sort()) console.log(`  ${key.replace(/[0-9a-f]{52}$/, "...")}`);

// What the machine was given: one URL for each object, for one method, as long as the attempt may live.
const asked = server.log
  .filter(({ signed }) => signed === "presigned")
  .map(({ method, key }) => `${method} ${key.split("/").slice(-2).join("/")}`);
console.log(`by signed URL alone: ${[...new Set(asked)].map((one) => one.replace(/[0-9a-f]{52}$/, "...")).join(", ")}`);
await server.close();
rmSync(folder, { recursive: true });
