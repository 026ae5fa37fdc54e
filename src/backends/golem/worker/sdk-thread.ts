import { Worker } from "node:worker_threads";
import type { AbortSignalLike, Host } from "../../../spec/host.js";
import type { WorkerEvent, WorkerFailure, WorkerMessage, WorkerOperation, WorkerOperations, WorkerOrders } from "./messages.js";
import { WORKER_PROGRAM } from "./program.js";

/** A failure in the thread, as what is left of it. */
export class SdkFailure extends Error {
  readonly failure: WorkerFailure;

  constructor(failure: WorkerFailure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** How long an order may take and who may take it back. The thread itself goes on with what it was told. */
export interface OrderLimits {
  readonly host: Host;
  readonly limitMs: number;
  readonly signal?: AbortSignalLike;
  /** Nobody awaits the answer, so the process need not stay for it. Default false. */
  readonly background?: boolean;
}

/** A running thread. */
export interface SdkThread {
  /** @throws SdkFailure, also when the thread ends first or the time is over (`OwnLimit`); the signal's reason on abort. */
  order<K extends WorkerOperation>(operation: K, parameters: WorkerOperations[K]["parameters"], limits: OrderLimits): Promise<unknown>;
  /** Orders that were not answered yet. */
  readonly underWay: number;
  /** Ends the thread. `onEnd` is not called. */
  stop(): Promise<void>;
}

/** Who is told what the thread does unasked. */
export interface ThreadListener {
  onEvent(event: WorkerEvent): void;
  /** It ended by itself: everything in it is lost. */
  onEnd(why: string): void;
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Most memory of the thread's heap, MiB: a provider that floods it ends it, and nobody else. */
const MOST_HEAP_MIB = 512;

/** Starts the SDK's thread. It never keeps the process alive. */
export function startSdkThread(orders: WorkerOrders, listener: ThreadListener): SdkThread {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: string | undefined;
  let lastError = "";
  const worker = new Worker(WORKER_PROGRAM, {
    eval: true,
    workerData: orders,
    // None of the host's: loaders and hooks of its process are not for the SDK, and its variables are read as settings there.
    execArgv: [],
    env: {},
    stdin: false,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MOST_HEAP_MIB },
    name: "spillway-golem",
  });
  worker.unref();
  // Whatever the SDK prints may hold what it was told; nobody reads it, and unread it would pile up.
  worker.stdout.resume();
  worker.stderr.resume();

  const end = (why: string): void => {
    if (ended !== undefined) return;
    ended = why;
    for (const { reject } of waiting.values()) reject(new SdkFailure({ name: "WorkerEnded", message: why }));
    waiting.clear();
  };
  worker.on("message", (message: WorkerMessage) => {
    if (ended !== undefined) return;
    if ("event" in message) {
      if (message.event === "fault") lastError = `${message.error.name}: ${message.error.message}`;
      listener.onEvent(message);
      return;
    }
    const order = waiting.get(message.id);
    waiting.delete(message.id);
    if ("error" in message) order?.reject(new SdkFailure(message.error));
    else order?.resolve(message.value);
  });
  worker.on("error", (error: unknown) => {
    lastError = error instanceof Error ? `${error.name}: ${error.message}` : "unknown error";
  });
  worker.on("exit", (code) => {
    const isOurs = ended !== undefined;
    const why = lastError === "" ? `it exited with code ${code}` : lastError.slice(0, 200);
    end(why);
    if (!isOurs) listener.onEnd(why);
  });

  return {
    get underWay() {
      return waiting.size;
    },
    async order(operation, parameters, { host, limitMs, signal, background = false }) {
      if (signal?.aborted) throw signal.reason;
      if (ended !== undefined) throw new SdkFailure({ name: "WorkerEnded", message: ended });
      lastId += 1;
      const id = lastId;
      return new Promise((resolve, reject) => {
        const forget = (): void => {
          waiting.delete(id);
          timer.cancel();
          signal?.removeEventListener("abort", onAbort);
        };
        const settle = (finish: () => void): void => {
          forget();
          finish();
        };
        const onAbort = (): void => settle(() => reject(signal?.reason as Error));
        const late = { name: "OwnLimit", message: `no answer within ${limitMs} ms` };
        const timer = host.setTimer(limitMs, () => settle(() => reject(new SdkFailure(late))), { keepAlive: !background });
        signal?.addEventListener("abort", onAbort, { once: true });
        waiting.set(id, {
          resolve: (value) => settle(() => resolve(value)),
          reject: (error) => settle(() => reject(error as Error)),
        });
        worker.postMessage({ id, operation, parameters });
      });
    },
    async stop() {
      end("the backend was closed");
      await worker.terminate();
    },
  };
}
