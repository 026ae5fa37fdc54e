import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { SchedulerError, toSchedulerError } from "../../model/errors/scheduler-error.js";
import type { AbortSignalLike, Host } from "../../spec/host.js";
import { listenForAbort } from "../listen-for-abort.js";

/** A short helper command. */
export interface CommandOptions {
  readonly host: Host;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** After it the command is killed and the call rejects. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignalLike;
  /** What the command can read: for what must be neither an argument nor in a file. Default nothing. */
  readonly input?: string;
}

/** How a helper command ended. */
export interface CommandResult {
  /** 128 + n after signal n is not told apart here: -1 for any signal. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What is kept of each stream. Helpers print little; a runaway must not fill the memory. */
const KEPT_CHARACTERS = 1024 * 1024;

/**
 * Runs a helper such as a command-line client to its end and answers what it printed. For the scheduler's own tools, not for workloads:
 * it does not outlive this process. Rejects with the signal's reason when aborted.
 *
 * @throws BACKEND_UNAVAILABLE when it cannot be started, BACKEND_TIMEOUT when it takes too long.
 */
export function runCommand(argv: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const [file = "", ...args] = argv;
  const { host, signal, input } = options;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const child = spawn(file, args, {
      env: { ...options.env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    // A command that does not care to read it is none of our business.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input ?? "");
    const stdout = keep(child.stdout);
    const stderr = keep(child.stderr);
    const giveUp = (reason: unknown): void => {
      child.kill("SIGKILL");
      settle(() => reject(reason));
    };
    const onAbort = (): void => giveUp(signal?.reason);
    const timer = host.setTimer(
      options.timeoutMs,
      () => giveUp(new SchedulerError("BACKEND_TIMEOUT", `\`${file} ${args[0] ?? ""}\` did not end within ${options.timeoutMs} ms.`)),
      { keepAlive: true },
    );
    const settle = (finish: () => void): void => {
      timer.cancel();
      stopListening?.();
      finish();
    };
    const stopListening = signal && listenForAbort(signal, onAbort);
    child.once("error", (error) => settle(() => reject(toSchedulerError(error, "BACKEND_UNAVAILABLE", `${file} could not be run`))));
    child.once("close", (code) => settle(() => resolve({ code: code ?? -1, stdout: stdout(), stderr: stderr() })));
  });
}

function keep(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8");
  stream.on("data", (part: string) => {
    if (text.length < KEPT_CHARACTERS) text += part;
  });
  return () => text;
}
