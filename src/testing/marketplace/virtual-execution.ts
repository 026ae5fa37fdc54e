import { sleep } from "../../kit/sleep.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Launch, LogChunk } from "../../spec/launch.js";
import {
  type Execution,
  type ExecutionRequest,
  type ExecutionState,
  type Executor,
  type OutputFile,
  TIMED_OUT_EXIT_CODE,
} from "./execution.js";
import type { VirtualJob } from "./options.js";
import type { World } from "./world.js";

/** Executes launches by letting virtual time pass. A function of time: no timers, nothing to clean up. */
export function virtualExecutor(jobOf: (launch: Launch) => VirtualJob): Executor {
  return { begin: (request, world) => new VirtualExecution(request, jobOf(request.launch), world) };
}

class VirtualExecution implements Execution {
  readonly breakage = undefined;
  readonly #job: VirtualJob;
  readonly #world: World;
  readonly #startMs: number;
  readonly #endMs: number;
  readonly #timedOut: boolean;
  readonly #exitCode: number;
  #stoppedMs = Number.POSITIVE_INFINITY;
  #disposed = false;

  constructor({ launch, fate, speed, begunAtMs }: ExecutionRequest, job: VirtualJob, world: World) {
    this.#job = job;
    this.#world = world;
    this.#startMs = begunAtMs + fate.startMs;
    const workMs = fate.runForMs ?? job.durationMs / speed;
    this.#timedOut = workMs > launch.timeoutMs;
    this.#endMs = this.#startMs + Math.min(workMs, launch.timeoutMs);
    this.#exitCode = this.#timedOut ? TIMED_OUT_EXIT_CODE : (fate.exitCode ?? job.exitCode ?? 0);
  }

  at(atMs: number): ExecutionState {
    const seenMs = Math.min(atMs, this.#stoppedMs);
    if (seenMs < this.#startMs) return { phase: "waiting" };
    if (seenMs < this.#endMs) return { phase: "running", startedAtMs: this.#startMs };
    return {
      phase: "exited",
      startedAtMs: this.#startMs,
      endedAtMs: this.#endMs,
      exitCode: this.#exitCode,
      ...(this.#timedOut ? { reason: "WORKLOAD_TIMED_OUT" } : {}),
    };
  }

  async refresh(): Promise<void> {}

  async stop(): Promise<boolean> {
    this.#stoppedMs = Math.min(this.#stoppedMs, this.#world.now());
    return true;
  }

  async files(path: string): Promise<readonly OutputFile[]> {
    if (this.#disposed) return [];
    const found: OutputFile[] = [];
    for (const [name, content] of Object.entries(this.#job.outputs ?? {})) {
      const member = memberOf(name, path);
      if (member === undefined) continue;
      const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
      found.push({ member, body: { bytes }, read: async () => bytes });
    }
    return found.sort((a, b) => (a.member < b.member ? -1 : 1));
  }

  async *logs(call: CallContext, ended: () => boolean): AsyncIterable<LogChunk> {
    const lines = this.#job.logs ?? [];
    const stepMs = (this.#endMs - this.#startMs) / (lines.length + 1);
    for (const [index, line] of lines.entries()) {
      const dueMs = this.#startMs + (index + 1) * stepMs;
      while (this.#world.now() < dueMs) {
        if (call.signal.aborted || ended() || this.#stoppedMs <= dueMs) return;
        if (!(await waited(Math.min(LOG_CHECK_MS, dueMs - this.#world.now()), call))) return;
      }
      if (this.#stoppedMs <= dueMs) return;
      yield { stream: "stdout", text: `${line}\n`, atMs: this.#world.toWallMs(dueMs) };
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
  }
}

/** Longest time between looks at whether a followed command still lives. */
const LOG_CHECK_MS = 5_000;

/** Sleeps; false when the call was aborted, which is how following logs ends normally. */
async function waited(ms: number, call: CallContext): Promise<boolean> {
  try {
    await sleep(ms, call);
    return true;
  } catch {
    return false;
  }
}

function memberOf(name: string, declared: string): string | undefined {
  if (name === declared) return "";
  const folder = declared.endsWith("/") ? declared : `${declared}/`;
  return name.startsWith(folder) ? name.slice(folder.length) : undefined;
}
