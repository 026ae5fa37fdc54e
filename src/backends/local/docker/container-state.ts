import { z } from "zod";
import type { ExitRecord, ProcessState } from "../../../kit/process/index.js";
import { isoToMs } from "../../../kit/timestamp.js";
import { SchedulerError, type SerializedError } from "../../../model/errors/scheduler-error.js";
import type { Ending } from "../runtime.js";
import { type ClientCall, type DockerClient, lastLine } from "./docker-client.js";

const state = z.object({
  Status: z.string(),
  Running: z.boolean(),
  OOMKilled: z.boolean().default(false),
  ExitCode: z.int(),
  Error: z.string().default(""),
  StartedAt: z.string().default(""),
  FinishedAt: z.string().default(""),
});

/** `State` of `docker container inspect`. */
export type ContainerState = z.output<typeof state>;

/** Asks the engine about a container. Nothing when there is none of that name. @throws BACKEND_UNAVAILABLE, BACKEND_RESPONSE_INVALID */
export async function containerState(client: DockerClient, name: string, call: ClientCall): Promise<ContainerState | undefined> {
  const result = await client.run(["container", "inspect", "--format", "{{json .State}}", name], call);
  if (result.code !== 0) {
    if (/no such (container|object)/i.test(result.stderr)) return undefined;
    throw new SchedulerError("BACKEND_UNAVAILABLE", `Docker could not be asked about a container: ${lastLine(result)}.`);
  }
  try {
    return state.parse(JSON.parse(result.stdout));
  } catch (error) {
    throw new SchedulerError("BACKEND_RESPONSE_INVALID", "Docker described a container in a form that is not understood.", {
      cause: error,
    });
  }
}

/** Exit code of the client for a failure that is not the command's. */
const CLIENT_FAILED = 125;
const KILLED = 137;

/** True when the code alone does not say what happened, so that the engine has to be asked. */
export const isDoubtful = (exit: ExitRecord): boolean => exit.error !== undefined || exit.code === CLIENT_FAILED || exit.code === KILLED;

/** What the end of the client, or of its supervisor, means for the container. */
export function judgeContainer(
  ended: Extract<ProcessState, { kind: "exited" | "lost" }>,
  container: ContainerState | undefined,
): Ending | { readonly kind: "running" } {
  if (ended.kind === "lost") return judgeAlone(container);
  const { exit } = ended;
  if (exit.error !== undefined) return failed("PROVISIONING_FAILED", `The Docker client could not be run (${exit.error})`);
  if (exit.code === CLIENT_FAILED && (container === undefined || container.Status === "created")) {
    return failed("PROVISIONING_FAILED", `Docker could not start the container${container?.Error ? `: ${container.Error}` : ""}`);
  }
  return { kind: "exited", exit: { ...exit, outOfMemory: exit.outOfMemory || container?.OOMKilled === true } };
}

/** The engine went on without us. */
function judgeAlone(container: ContainerState | undefined): Ending | { readonly kind: "running" } {
  if (container === undefined || container.Status === "created")
    return failed("LEASE_LOST", "The process that watched over the container was killed, and there is no container");
  if (container.Running) return { kind: "running" };
  const endedAtMs = isoToMs(container.FinishedAt) ?? 0;
  const exit = {
    code: container.ExitCode,
    outOfMemory: container.OOMKilled,
    startedAtMs: isoToMs(container.StartedAt) ?? endedAtMs,
    endedAtMs,
  };
  return { kind: "exited", exit };
}

function failed(code: SerializedError["code"], why: string): Ending {
  return { kind: "failed", error: new SchedulerError(code, `${why}.`).toJSON() };
}
