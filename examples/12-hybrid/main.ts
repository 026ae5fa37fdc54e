/**
 * A hundred small jobs over every kind of seller at once, under the default policy, with faults switched on. The backends, SDKs and wire protocols are the
 * real ones; what answers them are simulators on this machine, which run the commands as real processes and keep their own books.
 *
 *     npx tsx examples/12-hybrid/main.ts
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scheduler, systemHost } from "spillway";
import { local } from "spillway/backends/local";
import { s3 } from "spillway/data/s3";
import { startS3Server } from "spillway/testing";
import { amazon, google } from "./clouds.js";
import { makeJobs, workloadOf } from "./jobs.js";
import { bidMarket, gpuMarket, tokenMarket } from "./markets.js";
import { bills, outcomes, whereTo } from "./report.js";
import { hurried } from "./seller.js";

const JOBS = 100;

const host = systemHost();
const folder = await mkdtemp(join(tmpdir(), "spillway-hybrid-"));
const bucket = await startS3Server({ host });
const sellers = await Promise.all([amazon(host), google(host), gpuMarket(host), bidMarket(host), tokenMarket(host)]);
const machine = local({ usdPerHour: 0.08, cpu: 2, concurrency: 2, acceptImages: true, directory: folder });

const scheduler = new Scheduler({
  backends: [machine, ...sellers.map(({ backend }) => hurried(backend))],
  artifacts: [s3({ bucket: "test-bucket", endpoint: bucket.url, region: bucket.region, credentials: bucket.credentials })],
  allowVolatile: true, // A real service keeps its leases in a durable store.
  budget: "$20/day",
  concurrency: 24,
  backendConcurrency: { akash: 4, golem: 4 }, // what the accounts there can bear
  reconcileEvery: "2s",
});

const jobs = makeJobs(JOBS);
for (const { key, words } of jobs) bucket.seed(key, Buffer.from(words));
const runs = await Promise.all(jobs.map((job) => scheduler.schedule(workloadOf(job, "test-bucket"))));
const results = await Promise.allSettled(runs.map((run) => run.result()));
// Leases whose time is paid for are kept for further work; closing gives them back.
await scheduler.close();
const receipts = await Promise.all(runs.map((run) => run.receipt()));

console.log(await outcomes(jobs, results));
console.log(`\nWhere each went:\n${whereTo(jobs, results, receipts)}`);
console.log(`\nWhat was paid:\n${bills(receipts, new Map(sellers.map((seller) => [seller.backend.id, seller.billed()])))}`);
const open = sellers.reduce((sum, seller) => sum + seller.openCount(), 0);
console.log(`\n${open} leases left open at all sellers`);
await Promise.all([...sellers.map((seller) => seller.close()), bucket.close(), rm(folder, { recursive: true, force: true })]);
