import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Host } from "../../spec/host.js";
import { HeldRequests } from "../http/held-requests.js";
import { wordCommands } from "./command.js";
import { ServiceFailure } from "./failure.js";
import { type AwsBatchFault, type AwsBatchFaultControl, createFaultDesk } from "./faults.js";
import type { JobStatus } from "./job.js";
import type { JobCharge } from "./ledger.js";
import type { AwsBatchSimulatorOptions } from "./options.js";
import { processCommands } from "./process-commands.js";
import { BatchService, DEFAULT_REGION } from "./service.js";

/** A job as it really is, whether or not the API shows it yet. */
export interface SimulatedJob {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly status: JobStatus;
  /** Somebody asked for its end while it was not over. */
  readonly isTerminated: boolean;
  readonly tags: Readonly<Record<string, string>>;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly image: string;
}

/** A request that arrived. */
export interface RecordedRequest {
  readonly operation: string;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/** A running simulator. */
export interface AwsBatchSimulator {
  /** For the SDKs' `endpoint`: Batch and CloudWatch Logs. */
  readonly endpoint: string;
  readonly faults: AwsBatchFaultControl;
  /** Every job, in the order of submission. */
  jobs(): readonly SimulatedJob[];
  /** What each job was charged for. */
  ledger(): readonly JobCharge[];
  /** Revisions registered so far, by name. */
  definitionRevisions(): ReadonlyMap<string, number>;
  /** Every request, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
  /** Takes the machine of a running job back. */
  reclaim(jobId: string): void;
  /** Requests whose answers faults hold back now: they come with time, or never. */
  readonly heldRequests: number;
  /** Whether the answer to the request that came with this `x-request-id` is held back. A request that its client has given up counts until that is noticed here. */
  isHeld(requestId: string): boolean;
  /** Ends commands and closes the server. */
  close(): Promise<void>;
}

/** `slow` answers come after it, ms. */
const SLOW_MS = 60_000;

const SIGNATURE =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/\d{8}\/([\w-]+)\/(\w+)\/aws4_request, *SignedHeaders=[\w;-]+, *Signature=[0-9a-f]{64}$/;

/**
 * AWS Batch and the reading half of CloudWatch Logs, on a port of loopback: REST-JSON as the real SDK speaks it, with jobs that show late, wait for machines,
 * lose them, and end slowly. State moves on the given host's timers.
 *
 * It is a model made from documentation: what it does not refuse may still be refused by the service.
 */
export async function startAwsBatchSimulator(options: AwsBatchSimulatorOptions): Promise<AwsBatchSimulator> {
  const { host } = options;
  const commands = options.commands === "processes" ? processCommands() : wordCommands();
  const service = new BatchService(options, commands);
  /** Every other region of the account: there are no queues. */
  const elsewhere = new BatchService({ ...options, queues: [] }, commands);
  const desk = createFaultDesk();
  const requests: RecordedRequest[] = [];
  const held = new HeldRequests();
  const meter = createRateMeter(host, options.callsPerSecond);
  let closing = false;

  /** Gives the answer late, or none at all. */
  const hold = (response: ServerResponse, late?: Answer): void => {
    const letGo = held.hold(response.req);
    const timer =
      late &&
      host.setTimer(SLOW_MS, () => {
        letGo();
        send(response, late);
      });
    response.once("close", () => {
      letGo();
      timer?.cancel();
    });
  };

  const answerTo = (request: IncomingMessage, operation: string, body: unknown): Answer => {
    try {
      const { region, keyId } = checkSignature(request, operation === "getlogevents" ? "logs" : "batch");
      if (options.expiredKeyIds?.includes(keyId) === true) throw EXPIRED;
      if (!meter(operation)) throw throttled();
      const asked = region === (options.region ?? DEFAULT_REGION) ? service : elsewhere;
      if (operation === "tagresource") return answer(asked.tag(decodeURIComponent((request.url ?? "").slice("/v1/tags/".length)), body));
      return answer(operation === "getlogevents" ? asked.logEvents(body) : asked.perform(operation, body));
    } catch (error) {
      if (error instanceof ServiceFailure) return failure(error);
      throw error;
    }
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readJson(request);
    const operation = operationOf(request);
    requests.push({ operation, body, headers: request.headers });
    const fault = desk.strike(operation);
    if (fault === undefined) return send(response, answerTo(request, operation, body));
    struck(fault, response, () => answerTo(request, operation, body));
  };

  const struck = (fault: AwsBatchFault, response: ServerResponse, perform: () => Answer): void => {
    if (fault === "request-lost") hold(response);
    else if (fault === "slow") hold(response, perform());
    else if (fault === "answer-lost") {
      perform();
      hold(response);
    } else send(response, answerUnder(fault, perform));
  };

  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      if (!closing) send(response, failure(new ServiceFailure(500, "ServerException", error instanceof Error ? error.message : "")));
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    endpoint: `http://127.0.0.1:${port}`,
    faults: desk.control,
    requests,
    jobs: () =>
      [...service.jobs.values()].map(({ parts, status, tags, isTerminated }) => ({
        id: parts.id,
        name: parts.submission.jobName,
        queue: parts.queue.name,
        status,
        isTerminated,
        tags: Object.fromEntries(tags),
        argv: parts.argv,
        env: parts.env,
        image: parts.image,
      })),
    ledger: () => service.charges(),
    definitionRevisions: () => new Map([...service.definitions.byName].map(([name, revisions]) => [name, revisions.length])),
    reclaim: (jobId) => service.jobs.get(jobId)?.reclaim(),
    get heldRequests() {
      return held.count;
    },
    isHeld: (requestId) => held.has(requestId),
    async close() {
      closing = true;
      await service.close();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** The answer under a fault that still gives one. */
function answerUnder(fault: Exclude<AwsBatchFault, "request-lost" | "answer-lost" | "slow">, perform: () => Answer): Answer {
  switch (fault) {
    case "server-error":
      return failure(new ServiceFailure(500, "ServerException", "Internal server error"));
    case "server-error-after-effect":
      perform();
      return { status: 502, headers: { "content-type": "text/html" }, text: "<html>Bad Gateway</html>" };
    case "rate-limited":
      return failure(throttled());
    case "malformed":
      perform();
      return { status: 200, headers: JSON_TYPE, text: "<html>" };
    case "unauthorized":
      return failure(new ServiceFailure(403, "UnrecognizedClientException", "The security token included in the request is invalid."));
  }
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const JSON_TYPE = { "content-type": "application/json" };
const answer = (body: object): Answer => ({ status: 200, headers: JSON_TYPE, text: JSON.stringify(body) });
const EXPIRED = new ServiceFailure(403, "ExpiredTokenException", "The security token included in the request is expired");
const throttled = (): ServiceFailure => new ServiceFailure(429, "TooManyRequestsException", "Too Many Requests");

const failure = ({ status, type, message }: ServiceFailure): Answer => ({
  status,
  headers: { ...JSON_TYPE, "x-amzn-errortype": type },
  // JSON-RPC services name the type in the body, REST-JSON ones in the header.
  text: JSON.stringify({ __type: type, message }),
});

function send(response: ServerResponse, { status, headers, text }: Answer): void {
  if (!response.headersSent) response.writeHead(status, headers).end(text);
}

function operationOf({ url = "", headers }: IncomingMessage): string {
  const target = headers["x-amz-target"];
  if (typeof target === "string") return target.slice(target.lastIndexOf(".") + 1).toLowerCase();
  return url.startsWith("/v1/tags/") ? "tagresource" : url.replace(/^\/v1\//, "");
}

/** The signature has to be there and for the right service; that it is right is not checked, since any key may be used. Answers whose it is, and where. */
function checkSignature({ headers }: IncomingMessage, service: string): { readonly keyId: string; readonly region: string } {
  const [, keyId = "", region = "", signedFor] = SIGNATURE.exec(headers.authorization ?? "") ?? [];
  if (signedFor === undefined || headers["x-amz-date"] === undefined)
    throw new ServiceFailure(403, "MissingAuthenticationTokenException", "Missing Authentication Token");
  if (signedFor !== service)
    throw new ServiceFailure(403, "SignatureDoesNotMatch", `Credential should be scoped to correct service: '${service}'.`);
  return { keyId, region };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString("utf8");
  return text === "" ? {} : JSON.parse(text);
}

/** True while the operation is within its rate, counted by whole seconds of the host. */
function createRateMeter(host: Host, callsPerSecond: number | undefined): (operation: string) => boolean {
  const counts = new Map<string, { second: number; count: number }>();
  return (operation) => {
    if (callsPerSecond === undefined) return true;
    const second = Math.floor(host.monotonic() / 1000);
    const entry = counts.get(operation);
    const count = entry?.second === second ? entry.count + 1 : 1;
    counts.set(operation, { second, count });
    return count <= callsPerSecond;
  };
}
