import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { LeaseRef } from "../../src/kit/index.js";

/** Namespace of all leases of the benchmark. */
export const NAMESPACE = "benchns";

/** A simulator with jobs that all run. */
export interface Simulated {
  /** Of loopback. */
  readonly port: number;
  readonly leases: readonly LeaseRef[];
  /** Requests that have arrived since the jobs run. */
  readonly calls: () => number;
}

/** What the simulator's process is asked for. */
export type SimulatorRequest =
  | { readonly do: "open"; readonly backend: "aws-batch" | "gcp-batch"; readonly lifetimesMs: readonly number[] }
  | { readonly do: "advance"; readonly ms: number };

/** A simulator in another process. */
export interface RemoteSimulator extends Omit<Simulated, "calls"> {
  /** Its time, ms since 1970. */
  readonly nowMs: number;
  /** Lets its time pass. */
  advance(ms: number): Promise<{ readonly calls: number; readonly cpuMs: number }>;
  close(): Promise<void>;
}

/** Starts one, with jobs that run for so long from now on. */
export async function remoteSimulator(backend: "aws-batch" | "gcp-batch", lifetimesMs: readonly number[]): Promise<RemoteSimulator> {
  const child = fork(fileURLToPath(new URL("simulator-process.ts", import.meta.url)));
  const ask = (request: SimulatorRequest): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const onExit = (): void => reject(new Error("The simulator's process has ended."));
      child.once("exit", onExit);
      child.once("message", (answer: { readonly error?: string }) => {
        child.removeListener("exit", onExit);
        if (answer.error === undefined) resolve(answer);
        else reject(new Error(answer.error));
      });
      child.send(request);
    });
  const opened = (await ask({ do: "open", backend, lifetimesMs })) as Omit<RemoteSimulator, "advance" | "close">;
  return {
    ...opened,
    advance: (ms) => ask({ do: "advance", ms }) as Promise<{ readonly calls: number; readonly cpuMs: number }>,
    close: () =>
      new Promise<void>((resolve) => {
        child.once("exit", () => resolve());
        child.disconnect();
      }),
  };
}
