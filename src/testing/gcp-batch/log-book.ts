import type { Host } from "../../spec/host.js";
import { GrpcFailure, STATUS } from "./grpc-failure.js";

/** Most entries of one page, and how many there are unless more are asked for (documentation of `entries.list`). */
const MOST_ENTRIES = 1_000;
const ENTRIES = 50;

/** An entry as the service writes it, but with its time in ms. */
interface Line {
  readonly atMs: number;
  readonly visibleAtMs: number;
  readonly insertId: string;
  readonly uid: string;
  readonly severity: "INFO" | "ERROR";
  readonly text: string;
}

/** A request of `entries.list`. */
export interface EntriesRequest {
  readonly resourceNames?: readonly string[];
  readonly filter?: string;
  readonly orderBy?: string;
  readonly pageSize?: number;
  readonly pageToken?: string;
}

const TERM = /^(logName|labels\.job_uid|timestamp)(=|>=)"([^"]*)"$/;

/** Cloud Logging, as far as Batch's tasks write to it: lines that show late. */
export class LogBook {
  readonly #host: Host;
  readonly #project: string;
  readonly #lagMs: number;
  readonly #lines: Line[] = [];

  /** @param lagMs from the printing of a line until it can be read */
  constructor(host: Host, project: string, lagMs: number) {
    this.#host = host;
    this.#project = project;
    this.#lagMs = lagMs;
  }

  /** What a task prints, a line an entry. */
  write(uid: string, stream: "stdout" | "stderr", text: string): void {
    const atMs = this.#host.now();
    for (const line of text.replace(/\n$/, "").split("\n")) {
      const insertId = `line${String(this.#lines.length).padStart(8, "0")}`;
      const severity = stream === "stderr" ? "ERROR" : "INFO";
      this.#lines.push({ atMs, visibleAtMs: atMs + this.#lagMs, insertId, uid, severity, text: line });
    }
  }

  /** A page of entries. @throws GrpcFailure for what is refused. */
  list({ resourceNames = [], filter = "", orderBy = "timestamp asc", pageSize = ENTRIES, pageToken = "0" }: EntriesRequest): object {
    if (!resourceNames.includes(`projects/${this.#project}`))
      throw new GrpcFailure(STATUS.permissionDenied, "The caller does not have permission");
    if (orderBy !== "timestamp asc" || pageSize < 0 || pageSize > MOST_ENTRIES)
      throw new GrpcFailure(STATUS.invalidArgument, "Invalid request.");
    const holds = this.#parse(filter);
    const nowMs = this.#host.now();
    const found = this.#lines
      .filter((line) => line.visibleAtMs <= nowMs && holds(line))
      .sort((a, b) => a.atMs - b.atMs || (a.insertId < b.insertId ? -1 : 1));
    const from = Number(pageToken);
    const next = from + pageSize;
    return {
      entries: found.slice(from, next).map((line) => this.#entry(line)),
      ...(next < found.length ? { nextPageToken: String(next) } : {}),
    };
  }

  /** `logName="..."`, `labels.job_uid="..."` and `timestamp>="..."`, joined by `AND`. */
  #parse(filter: string): (line: Line) => boolean {
    const terms = filter.split(" AND ").map((text): ((line: Line) => boolean) => {
      const [, name, operator, value = ""] = TERM.exec(text.trim()) ?? [];
      if (name === "logName" && operator === "=") return () => value === this.#logName;
      if (name === "labels.job_uid" && operator === "=") return ({ uid }) => uid === value;
      const sinceMs = Date.parse(value);
      if (name === "timestamp" && operator === ">=" && Number.isFinite(sinceMs)) return ({ atMs }) => atMs >= sinceMs;
      throw new GrpcFailure(STATUS.invalidArgument, `Unparseable filter: syntax error in "${text}"`);
    });
    return (line) => terms.every((term) => term(line));
  }

  #entry({ atMs, visibleAtMs, insertId, uid, severity, text }: Line): object {
    const iso = (ms: number): string => new Date(ms).toISOString();
    return {
      textPayload: text,
      insertId,
      resource: { type: "batch.googleapis.com/Job", labels: { resource_container: `projects/${this.#project}`, job_id: uid } },
      timestamp: iso(atMs),
      severity,
      labels: { job_uid: uid, task_id: `${uid}-group0-0` },
      logName: this.#logName,
      receiveTimestamp: iso(visibleAtMs),
    };
  }

  get #logName(): string {
    return `projects/${this.#project}/logs/batch_task_logs`;
  }
}
