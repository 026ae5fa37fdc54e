import { type CommandResult as CommandOutcome, runCommand } from "../../../kit/process/index.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { AbortSignalLike, Host } from "../../../spec/host.js";

export type { CommandOutcome };

/** What the client reads from its environment to find its engine and settings. Nothing else of the scheduler's environment reaches it. */
export const CLIENT_VARIABLES = [
  "PATH",
  "HOME",
  "DOCKER_HOST",
  "DOCKER_CONTEXT",
  "DOCKER_CONFIG",
  "DOCKER_TLS_VERIFY",
  "DOCKER_CERT_PATH",
  "DOCKER_API_VERSION",
  "XDG_RUNTIME_DIR",
  "XDG_CONFIG_HOME",
  "SSH_AUTH_SOCK",
] as const;

/** The environment of the client. */
export function clientEnvironment(host: Host): Readonly<Record<string, string>> {
  const set = CLIENT_VARIABLES.flatMap((name) => {
    const value = host.env(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(set);
}

/** What one command of the client needs. */
export interface ClientCall {
  readonly host: Host;
  readonly signal: AbortSignalLike;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 30_000;

/** Commands of a Docker client. */
export class DockerClient {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Runs a command to its end, whatever its exit code. @throws BACKEND_UNAVAILABLE, BACKEND_TIMEOUT */
  run(args: readonly string[], { host, signal, timeoutMs = TIMEOUT_MS }: ClientCall): Promise<CommandOutcome> {
    return runCommand([this.path, ...args], { host, signal, timeoutMs, env: clientEnvironment(host) });
  }

  /** {@link DockerClient.run} for a command that has to succeed. @throws BACKEND_UNAVAILABLE with the client's own words */
  async must(what: string, args: readonly string[], call: ClientCall): Promise<string> {
    const result = await this.run(args, call);
    if (result.code !== 0) throw new SchedulerError("BACKEND_UNAVAILABLE", `Docker could not ${what}: ${lastLine(result)}.`);
    return result.stdout;
  }
}

/** What the client said last, for people. */
export function lastLine({ stderr, code }: CommandOutcome): string {
  const line = stderr.trim().split("\n").at(-1)?.replace(/\.$/, "").slice(0, 300) ?? "";
  return line === "" ? `exit code ${code}` : line;
}
