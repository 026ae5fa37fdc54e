import { GrpcFailure, STATUS } from "./grpc-failure.js";

/** What a filter may look at. */
export interface FilteredJob {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: string;
  readonly createdAtMs: number;
}

const TERM = /^\s*(?:labels\."([a-z0-9_-]+)"\s*=\s*"([^"]*)"|(status\.state)\s*=\s*"([A-Z_]+)"|create_time\s*>=\s*"([^"]+)")\s*$/;

/**
 * The forms of `listJobs` filters that are known to be in use: `labels."k"="v"`, `status.state="S"` and `create_time>="T"`, joined by `AND` and,
 * more tightly, `OR`. @throws INVALID_ARGUMENT for anything else.
 */
export function parseJobFilter(filter: string): (job: FilteredJob) => boolean {
  if (filter.trim() === "") return () => true;
  const terms = filter.split(/\s+AND\s+/).map((part) => part.split(/\s+OR\s+/).map(parseTerm));
  return (job) => terms.every((alternatives) => alternatives.some((holds) => holds(job)));
}

function parseTerm(text: string): (job: FilteredJob) => boolean {
  const match = TERM.exec(text);
  if (match === null) throw new GrpcFailure(STATUS.invalidArgument, "Invalid list filter.");
  const [, label, value, isState, state, since] = match;
  if (label !== undefined) return ({ labels }) => labels[label] === value;
  if (isState !== undefined) return (job) => job.state === state;
  const sinceMs = Date.parse(since ?? "");
  return ({ createdAtMs }) => createdAtMs >= sinceMs;
}
