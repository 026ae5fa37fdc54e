/** A complete backend for Tinfoil Compute. `docs/writing-a-backend.md` walks through it. */
import type { Demand, Lease, LeaseRef, Offer, ReportBody } from "spillway/kit";
import * as kit from "spillway/kit";
import { z } from "zod";

const options = z.object({ apiKey: kit.secretOption().optional(), baseUrl: z.url().optional(), fetch: kit.fetchOption().optional() });

// What the service answers: only what is read here, and tolerant of everything else.
const size = z.object({
  name: z.string(),
  vcpus: z.number(),
  memory_mb: z.number(),
  disk_mb: z.number(),
  usd_per_hour: z.number(),
  free: z.number(),
});
const job = z.object({
  name: z.string(),
  state: kit.tolerantEnum(["booting", "running", "finished", "stopping", "expired", "deleted"]),
  exit_code: z.number().optional(),
  usd_per_hour: z.number(),
  billed_usd: kit.numeric(),
  billing_closed: z.boolean(),
  started_at: kit.timestampMs().optional(),
  ended_at: kit.timestampMs().optional(),
});
const sizeList = z.object({ sizes: z.array(size) });
const jobPage = z.object({ jobs: z.array(job), next: z.string().optional() });
const logLine = z.object({ stream: z.enum(["stdout", "stderr"]), text: z.string() });

// The service's own words for what only it can say; statuses have a meaning without this.
const errors = kit.defineErrorMap([
  { code: "sold_out", to: "NO_CAPACITY", effect: "none" },
  { code: "price_changed", to: "OFFER_EXPIRED" },
]);

const trust = { certifications: [], agreements: [], tee: [] };

const capabilities = kit.declareCapabilities({
  paid: true,
  images: "none",
  exitCode: true,
  staging: "none",
  logs: true,
  billing: { granularityMs: 1_000, minimumMs: 1_000, prepaid: false, refund: "none" },
  charges: "reported",
  enforcesLifetime: true,
  pollMs: { least: 500, most: 30_000 },
  visibilityMs: 0,
  trust: { operators: ["single"], ...trust },
  countries: ["DE"],
});

export const tinfoil = kit.defineBackend({
  kind: "tinfoil",
  options,
  derive: "find-by-key",
  capabilities: () => capabilities,
  create(given, { id, setting }) {
    const naming = kit.createNaming({ prefix: "sw-", maxLength: 64 });
    const apiKey = setting("apiKey", { option: given.apiKey, env: "TINFOIL_API_KEY", what: "an API key", secret: true });
    const http = kit.createHttp({
      backend: id,
      baseUrl: setting("baseUrl", { option: given.baseUrl, env: "TINFOIL_URL", what: "the service's address" }),
      headers: { "x-tinfoil-key": apiKey },
      credential: "`apiKey` or TINFOIL_API_KEY",
      mapError: ({ status, body }) => errors.match(kit.omitUndefined({ status, code: kit.textAt(body, "error.code") })),
      isMissing: ({ body }) => kit.textAt(body, "error.code") === "not_found",
      errorText: (body) => kit.textAt(body, "error.message"),
      ...kit.omitUndefined({ fetch: given.fetch }),
    });
    const jobPath = (lease: LeaseRef): string => kit.path`/v1/jobs/${naming.toName(lease.key)}`;
    const refTo = (key: string): LeaseRef => ({ backend: id, key, data: {} });

    return {
      async listOffers(demand, call) {
        const { sizes } = await http.get(call, "/v1/sizes").json(sizeList);
        const expiresAtMs = call.host.now() + capabilities.offersTtlMs;
        return sizes.filter((one) => fits(one, demand)).map((one) => toOffer(one, id, expiresAtMs));
      },
      async bind({ key, offer, launch, priceCapUsdPerHour }, call): Promise<Lease> {
        const body = {
          name: naming.toName(key),
          owner: call.namespace.id,
          size: offer.id,
          command: launch.argv,
          env: { ...launch.env, ...launch.secrets },
          max_seconds: Math.ceil(launch.maxLifetimeMs / 1000),
          max_usd_per_hour: priceCapUsdPerHour,
        };
        // 409: the name is taken, so an earlier bind of the same key was carried out. Its job is the answer.
        const made = await http.post(call, "/v1/jobs", { body, accept: [409] }).json(job);
        return { ref: refTo(key), price: { ...offer.price, usdPerHour: made.usd_per_hour } };
      },
      inspect: (leases, call) =>
        kit.inspectEach(leases, call, async (lease) => {
          const found = await http.lookUp(call, jobPath(lease), job);
          return found && toReport(found);
        }),
      async release(lease, { graceMs }, call) {
        const answer = await http.delete(call, jobPath(lease), { query: { grace_seconds: graceMs / 1000 }, accept: [404] });
        return answer.status === 404 || answer.json(job).billing_closed ? "released" : "pending";
      },
      async listLeases(call) {
        const fetchPage = async (after?: string) => {
          const page = await http.get(call, "/v1/jobs", { query: { owner: call.namespace.id, after } }).json(jobPage);
          return { items: page.jobs, next: page.next };
        };
        const jobs = await kit.collectAll(kit.paginate(fetchPage, { backend: id, what: "the jobs" }));
        return jobs.flatMap(({ name }) => naming.toKey(name) ?? []).map(refTo);
      },
      logs: (lease, call) => http.ndjson(call, `${jobPath(lease)}/log`, logLine),
    };
  },
});

function fits(one: z.infer<typeof size>, { cpu, memoryMiB, diskMiB, gpu, arch, image }: Demand): boolean {
  const machine = one.vcpus >= cpu && one.memory_mb >= memoryMiB && one.disk_mb >= diskMiB && arch !== "arm64";
  return machine && one.free > 0 && !image && gpu === undefined;
}

function toOffer(one: z.infer<typeof size>, backend: string, expiresAtMs: number): Offer {
  return {
    id: one.name,
    backend,
    binding: "firm",
    resources: { cpu: one.vcpus, memoryMiB: one.memory_mb, diskMiB: one.disk_mb, arch: "x86_64" },
    price: { usdPerHour: one.usd_per_hour, source: "list of sizes" },
    interruptible: false,
    trust: { operator: "single", ...trust },
    place: { country: "DE", proof: "contract" },
    capacity: one.free,
    expiresAtMs,
  };
}

function toReport(found: z.infer<typeof job>): ReportBody {
  const charge = { amount: kit.nanoUsd(found.billed_usd, "up"), final: found.billing_closed };
  const times = kit.omitUndefined({ startedAtMs: found.started_at, endedAtMs: found.ended_at });
  const status = { kind: "status", charge, ...times } as const;
  if (found.state === "finished" && found.exit_code !== undefined) return { ...status, phase: "exited", exitCode: found.exit_code };
  if (found.state === "expired") return { ...status, phase: "ended", reason: "WORKLOAD_TIMED_OUT" };
  if (found.state === "stopping" || found.state === "deleted") return { ...status, phase: "ended", reason: "LEASE_LOST" };
  return { ...status, phase: found.state === "booting" ? "starting" : "running" };
}
