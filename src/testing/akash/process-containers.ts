import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import type { Host } from "../../spec/host.js";
import { ChildProcess, ROOT_VARIABLE } from "../processes/index.js";
import type { AkashContainerRuntime, AkashExec, AkashExecWatcher } from "./containers.js";

/** What a shell answers when there is no such command. */
const CANNOT_START = 127;
/** What is told of a command that a signal has ended. */
const KILLED = 137;

/**
 * Runs containers as child processes of this machine, without their image, each start in a directory of its own, which is named by `SPILLWAY_ROOT`. Commands
 * sent into one run in the same directory. Needs a host with real time.
 */
export function akashProcessContainers(host: Host): AkashContainerRuntime {
  const all = new Set<ChildProcess>();
  return {
    start({ argv, env }, watcher) {
      const child = new ChildProcess({
        argv,
        env,
        prefix: "spillway-akash-",
        host,
        onLine: (stream, text) => watcher.line(stream, text),
        onExit: (exitCode) => watcher.exited(exitCode),
      });
      all.add(child);
      const sent = new Set<SentCommand>();
      return {
        exec(command, told) {
          const one = new SentCommand(child.root(), command, env, host, told);
          sent.add(one);
          return one;
        },
        async stop() {
          await Promise.all([...sent].map((one) => one.stop()));
          await child.stop(0);
        },
      };
    },
    // Processes have no network of their own.
    addressOf: (port) => `127.0.0.1:${port}`,
    async close() {
      await Promise.all([...all].map((child) => child.dispose()));
    },
  };
}

class SentCommand implements AkashExec {
  readonly #ended: Promise<void>;
  readonly #watcher: AkashExecWatcher;
  readonly #input: Uint8Array[] = [];
  #child: ChildProcessWithoutNullStreams | undefined;
  #stopped = false;

  constructor(
    root: Promise<string>,
    argv: readonly string[],
    env: Readonly<Record<string, string>>,
    host: Host,
    watcher: AkashExecWatcher,
  ) {
    this.#watcher = watcher;
    this.#ended = root.then((directory) => this.#run(directory, argv, { PATH: host.env("PATH") ?? "/usr/bin:/bin", ...env }));
  }

  write(bytes: Uint8Array): void {
    if (this.#child === undefined) this.#input.push(bytes);
    else this.#child.stdin.write(bytes);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#kill();
    await this.#ended;
  }

  #run(root: string, [command = "", ...args]: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    // A group of its own, so that whatever it starts ends with it.
    const child = spawn(command, args, { cwd: root, env: { ...env, [ROOT_VARIABLE]: root }, detached: true });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    for (const bytes of this.#input.splice(0)) child.stdin.write(bytes);
    child.stdout.on("data", (bytes: Uint8Array) => this.#watcher.output("stdout", bytes));
    child.stderr.on("data", (bytes: Uint8Array) => this.#watcher.output("stderr", bytes));
    return new Promise((resolve) => {
      let code = CANNOT_START;
      child.on("error", () => undefined);
      child.on("exit", (exitCode) => {
        code = exitCode ?? KILLED;
      });
      child.on("close", () => {
        if (!this.#stopped) this.#watcher.ended(code);
        resolve();
      });
    });
  }

  #kill(): void {
    const pid = this.#child?.pid;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It has ended by itself.
    }
  }
}
