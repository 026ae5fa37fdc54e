/**
 * Tinfoil Compute: a small fictitious cloud, so that the example has a real service on the other end of a real
 * socket. It rents machines by the second and runs one command on each. The API, all JSON, key in `x-tinfoil-key`:
 *
 *     GET    /v1/sizes                          sizes with price and free machines
 *     POST   /v1/jobs                           rents a machine; 409 with the existing job if the name is taken
 *     GET    /v1/jobs?owner=&after=&limit=      jobs of an owner that were not deleted, by name
 *     GET    /v1/jobs/NAME                      one job; deleted ones stay readable
 *     GET    /v1/jobs/NAME/log                  what it prints, one JSON line each, until it ends
 *     DELETE /v1/jobs/NAME?grace_seconds=       gives the machine back
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Clock, Job, type JobRequest, type Size, wallClock } from "./jobs.js";
import { type Machine, processMachine } from "./machine.js";

export interface ServiceOptions {
  readonly apiKey: string;
  /** What the customer has paid in, USD. Default 10. */
  readonly creditUsd?: number;
  readonly sizes?: readonly Size[];
  /** From renting to the command running. Default 20 ms. */
  readonly bootMs?: number;
  readonly clock?: Clock;
  readonly machine?: Machine;
}

export interface Service {
  readonly baseUrl: string;
  /** Everything ever rented, by name. */
  readonly jobs: ReadonlyMap<string, Job>;
  close(): Promise<void>;
}

const SIZES: readonly Size[] = [
  { name: "foil-2", vcpus: 2, memory_mb: 4_096, disk_mb: 20_480, usd_per_hour: 0.08, stock: 8 },
  { name: "foil-8", vcpus: 8, memory_mb: 32_768, disk_mb: 102_400, usd_per_hour: 0.36, stock: 2 },
];
const MOST_PER_PAGE = 20;

type Answer = readonly [status: number, body: unknown];
const refuse = (status: number, code: string, message: string): Answer => [status, { error: { code, message } }];

/** Starts the service on a free loopback port. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { apiKey, creditUsd = 10, sizes = SIZES, bootMs = 20, clock = wallClock, machine = processMachine } = options;
  const jobs = new Map<string, Job>();
  const free = (size: Size): number => size.stock - [...jobs.values()].filter((job) => job.open && job.size === size).length;
  const spentUsd = (): number => [...jobs.values()].reduce((sum, job) => sum + job.billedUsd, 0);

  const create = (request: JobRequest & { readonly max_usd_per_hour?: number }): Answer => {
    const taken = jobs.get(request.name);
    if (taken !== undefined) return [409, view(taken)];
    const size = sizes.find(({ name }) => name === request.size);
    if (size === undefined || request.command.length === 0)
      return refuse(422, "invalid", "`size` must be one of ours and `command` must not be empty.");
    if (size.usd_per_hour > (request.max_usd_per_hour ?? Number.POSITIVE_INFINITY))
      return refuse(412, "price_changed", "The price is above `max_usd_per_hour`.");
    if (creditUsd - spentUsd() < size.usd_per_hour) return refuse(402, "no_credit", "The credit does not last for an hour.");
    if (free(size) <= 0) return refuse(503, "sold_out", "Every machine of this size is taken.");
    const job = new Job(request, size, clock, machine, bootMs);
    jobs.set(request.name, job);
    return [201, view(job)];
  };

  const list = (query: URLSearchParams): Answer => {
    const owner = query.get("owner");
    const after = query.get("after") ?? "";
    const limit = Math.min(MOST_PER_PAGE, Number(query.get("limit") ?? MOST_PER_PAGE));
    const found = [...jobs.values()].filter(({ request, state }) => state !== "deleted" && request.owner === owner && request.name > after);
    const page = found.sort((a, b) => (a.request.name < b.request.name ? -1 : 1)).slice(0, limit);
    return [200, { jobs: page.map(view), ...(found.length > limit ? { next: page.at(-1)?.request.name } : {}) }];
  };

  const route = (method: string, url: URL, body: unknown): Answer | Job => {
    const [, , collection, name, detail] = url.pathname.split("/").map(decodeURIComponent);
    if (collection === "sizes" && method === "GET")
      return [200, { sizes: sizes.map(({ stock, ...size }) => ({ ...size, free: free({ stock, ...size }), country: "DE" })) }];
    if (collection !== "jobs") return refuse(404, "not_found", "There is nothing here.");
    if (name === undefined) return method === "POST" ? create(body as JobRequest) : list(url.searchParams);
    const job = jobs.get(name);
    if (job === undefined) return refuse(404, "not_found", "There is no job of this name.");
    if (detail === "log") return job;
    if (method === "DELETE") job.delete(Number(url.searchParams.get("grace_seconds") ?? 0) * 1000);
    return [200, view(job)];
  };

  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      if (request.headers["x-tinfoil-key"] !== apiKey) return send(response, refuse(401, "bad_key", "The key is wrong."));
      const answer = route(request.method ?? "GET", new URL(request.url ?? "/", "http://tinfoil"), body);
      if (answer instanceof Job) sendLog(response, answer);
      else send(response, answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The service has no port.");
  return {
    baseUrl: `http://127.0.0.1:${address.port}`,
    jobs,
    close: async () => {
      for (const job of jobs.values()) job.delete(0);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A job as customers see it. Environment variables are never shown again. */
function view(job: Job): unknown {
  const time = (ms: number | undefined): string | undefined => (ms === undefined ? undefined : new Date(ms).toISOString());
  return {
    name: job.request.name,
    size: job.size.name,
    state: job.state,
    exit_code: job.exitCode,
    usd_per_hour: job.size.usd_per_hour,
    billed_usd: job.billedUsd.toFixed(9),
    billing_closed: !job.open,
    created_at: time(job.createdAtMs),
    started_at: time(job.startedAtMs),
    ended_at: time(job.endedAtMs),
  };
}

function send(response: ServerResponse, [status, body]: Answer): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** Sends what was printed so far and then follows, until the program has ended. */
function sendLog(response: ServerResponse, job: Job): void {
  response.writeHead(200, { "content-type": "application/x-ndjson" }).flushHeaders();
  let sent = 0;
  const more = (): void => {
    for (const line of job.log.slice(sent)) response.write(`${JSON.stringify(line)}\n`);
    sent = job.log.length;
    if (job.exitCode === undefined && job.open) return;
    unwatch();
    response.end();
  };
  const unwatch = job.watch(more);
  response.on("close", unwatch);
  more();
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += String(chunk);
  return text === "" ? undefined : JSON.parse(text);
}
