import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { fetchInput } from "../../kit/transfer/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { exitCodeIn, toNodeCommand } from "./command.js";
import type { Desk } from "./desk.js";
import { toSdkError } from "./errors.js";
import type { Session } from "./session.js";
import { stopCosts } from "./stop-costs.js";
import { SdkFailure, type SdkThread } from "./worker/sdk-thread.js";

/** Beyond its own limits a command is given this long to be told of. */
const TELL_MS = 60_000;
const CHECK_LIMIT_MS = 600_000;

/** How a command ended, as the thread tells it. */
export const commandResult = z.object({
  ok: z.boolean(),
  message: z.string(),
  returnCode: z.number().optional(),
  stdout: z.string(),
  stderr: z.string(),
});

/**
 * Takes a signed lease through its life in the background: the image is brought up, inputs and secrets are put in place, the command runs. Never rejects:
 * whatever happens becomes the session's end. Timeout and lifetime end it from here, since the SDK's own time limit leaves the command running.
 */
export function runLease(session: Session, thread: SdkThread, desk: Desk): void {
  session.after(session.launch.maxLifetimeMs, () => {
    session.ended("WORKLOAD_TIMED_OUT", "The lifetime of the lease is over.");
    void stopCosts(session, desk);
  });
  live(session, thread, desk).catch((error: unknown) => {
    const { code, message } = SchedulerError.isInstance(error)
      ? error
      : { code: "BACKEND_UNAVAILABLE" as const, message: "The lease could not be carried on." };
    session.ended(code, message);
  });
}

async function live(session: Session, thread: SdkThread, desk: Desk): Promise<void> {
  const { host, key, launch, over } = session;
  const { backend, options } = desk;
  const failed = (doing: string) => (error: unknown) => {
    throw error instanceof SdkFailure ? toSdkError(error.failure, { backend, doing, effect: "done", clean: session.clean }) : error;
  };
  session.advance("starting");
  await thread
    .order("open", { key }, { host, signal: over.signal, background: true, limitMs: options.deployMs })
    .catch((error: unknown) => {
      if (error instanceof SdkFailure && error.failure.name === "OwnLimit") {
        throw new SchedulerError(
          "PROVISIONING_FAILED",
          `The image did not run within ${options.deployMs} ms: the node downloads slowly, or not at all.`,
        );
      }
      failed("start the machine")(error);
    });
  if (session.isOver) return;
  await stageInputs(session, thread, desk);
  const command = toNodeCommand(launch, backend, session.volumes[0]);
  if (command.secrets !== undefined) {
    const order = { key, data: command.secrets.content, to: command.secrets.path, limitMs: options.transferMs };
    await thread
      .order("upload", order, { host, signal: over.signal, background: true, limitMs: options.transferMs + TELL_MS })
      .catch(failed("hand over the secrets"));
  }
  if (session.isOver) return;
  session.advance("running");
  session.after(launch.timeoutMs, () => {
    session.ended("WORKLOAD_TIMED_OUT", "The command ran longer than its timeout.");
    void stopCosts(session, desk);
  });
  const run = { key, entryPoint: command.entryPoint, args: command.args, follow: true, silenceMs: options.silenceMs };
  const answer = await thread
    .order("run", run, { host, signal: over.signal, background: true, limitMs: launch.maxLifetimeMs + TELL_MS })
    .catch(failed("follow the command"));
  const result = commandResult.parse(answer);
  const exitCode = result.ok ? 0 : (exitCodeIn(result.message) ?? result.returnCode);
  if (exitCode !== undefined && (result.ok || exitCode !== 0)) session.exited(exitCode);
  else session.ended("LEASE_LOST", `The node did not say how the command ended: ${result.message.slice(0, 200)}`);
}

/** Inputs are fetched and checked here, since a node can seldom reach them, then sent and checked there as far as the image has the tools. */
async function stageInputs(session: Session, thread: SdkThread, desk: Desk): Promise<void> {
  const { key, launch, host, over } = session;
  const { backend, options } = desk;
  if (launch.inputs.length === 0) return;
  const context = { backend, effect: "done", clean: session.clean } as const;
  const root = await mkdtemp(join(tmpdir(), "spillway-golem-"));
  try {
    const sums: string[] = [];
    for (const input of launch.inputs) {
      const fetched = await fetchInput(input, { root, host, signal: over.signal });
      const limitMs = transferLimitMs(fetched.size, options);
      await thread
        .order(
          "upload",
          { key, file: fetched.file, to: input.path, limitMs },
          { host, signal: over.signal, background: true, limitMs: limitMs + TELL_MS },
        )
        .catch((error: unknown) => {
          throw error instanceof SdkFailure ? toSdkError(error.failure, { ...context, doing: `send the input ${input.path}` }) : error;
        });
      await rm(fetched.file, { force: true });
      sums.push(fetched.sha256, input.path);
    }
    await checkInputs(session, thread, desk, sums);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

const CHECK = [
  "command -v sha256sum >/dev/null || exit 3",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell's parameter
  'while [ $# -gt 0 ]; do found="$(sha256sum < "$2")" || exit 4; [ "${found%% *}" = "$1" ] || exit 5; shift 2; done',
].join("\n");

async function checkInputs(session: Session, thread: SdkThread, desk: Desk, sums: readonly string[]): Promise<void> {
  const { key, host, over } = session;
  const run = { key, entryPoint: "/bin/sh", args: ["-c", CHECK, "sh", ...sums], follow: false, silenceMs: desk.options.silenceMs };
  const answer = await thread
    .order("run", run, { host, signal: over.signal, background: true, limitMs: CHECK_LIMIT_MS })
    .catch((error: unknown) => {
      throw error instanceof SdkFailure
        ? toSdkError(error.failure, { backend: desk.backend, doing: "check the inputs", effect: "done", clean: session.clean })
        : error;
    });
  const { ok, message } = commandResult.parse(answer);
  const code = ok ? 0 : exitCodeIn(message);
  if (code === 0) return;
  if (code === 4 || code === 5) {
    throw new SchedulerError("STAGING_FAILED", "An input arrived at the node with other bytes than were sent.", {
      details: { backend: desk.backend },
    });
  }
  // No shell or no sha256sum: the transfer's own word has to do.
  session.logger.warn({ key }, "the image has no tools to check its inputs with; they are taken as they arrived");
}

/** A transfer shows no progress, so a size and a slowest speed are its limit. */
export const transferLimitMs = (bytes: number, options: Pick<Desk["options"], "transferMs" | "leastBytesPerSecond">): number =>
  Math.ceil(options.transferMs + (bytes / options.leastBytesPerSecond) * 1_000);
