import type { Host } from "../../spec/host.js";

/** A container as a provider starts it: what the manifest says, after the platform has added its variables. */
export interface AkashContainerRequest {
  readonly dseq: string;
  /** Name of the service in the SDL. */
  readonly service: string;
  readonly image: string;
  /** `command` and `args` of the service, one after the other. Empty: whatever the image would do. */
  readonly argv: readonly string[];
  /** Of the service, and the six `AKASH_...` variables that a provider injects. */
  readonly env: Readonly<Record<string, string>>;
}

/** Who watches a container. */
export interface AkashContainerWatcher {
  /** A line was printed. Kubernetes mixes both streams, and so do the logs that the gateway serves. */
  line(stream: "stdout" | "stderr", text: string): void;
  /** The workload inside has ended, and the container stays up, as it does under a wrapper that holds. Shows in `commandEnded` only. */
  commandEnded(exitCode: number): void;
  /** The container's first process has ended: it will be started again. */
  exited(exitCode: number): void;
}

/** Who watches a command that was sent into a container. */
export interface AkashExecWatcher {
  /** It has printed something. */
  output(stream: "stdout" | "stderr", bytes: Uint8Array): void;
  /** Told once. */
  ended(exitCode: number): void;
}

/** A command that runs in a container beside its first process. */
export interface AkashExec {
  /** Input for it. */
  write(bytes: Uint8Array): void;
  /** Ends it. Resolves once nothing of it runs. */
  stop(): Promise<void>;
}

/** A container that runs. */
export interface AkashRunningContainer {
  /** Runs another command in it. */
  exec(argv: readonly string[], watcher: AkashExecWatcher): AkashExec;
  /** Ends it. Its exit is not told any more. Resolves once nothing of it runs. */
  stop(): Promise<void>;
}

/** Runs the containers of simulated providers. */
export interface AkashContainerRuntime {
  /** Starts a container; each start is a new instance with an empty file system. */
  start(request: AkashContainerRequest, watcher: AkashContainerWatcher): AkashRunningContainer;
  /**
   * Where a port that the provider's web server leads to can be reached from this machine, `host:port`. Default: nowhere; then leases show a name that
   * nobody resolves.
   */
  addressOf?(port: number): string;
  /** Removes what is left. */
  close?(): Promise<void>;
}

/** Options of {@link akashVirtualContainers}. */
export interface AkashVirtualContainerOptions {
  /** After the end of the command the container stays up. Default true. */
  readonly hold?: boolean;
  /** Where the workload's own command is in a container's: take a wrapper's part off here. Default: the whole of `argv`. */
  readonly commandOf?: (request: AkashContainerRequest) => readonly string[];
  /** Lines that a wrapper would print first and last. Default none. */
  readonly linesOf?: (request: AkashContainerRequest, moment: "start" | "end", exitCode: number) => readonly string[];
  /** What a command sent into a container prints and answers. Default: `echo WORDS` prints them, `exit CODE` ends so, anything else answers 127. */
  readonly exec?: (request: AkashContainerRequest, argv: readonly string[]) => { readonly stdout: string; readonly exitCode: number };
}

/**
 * Plays commands on the host's clock instead of running them: `exit CODE` ends at once, `sleep MS` with 0 after so long, `print TEXT` writes to stdout
 * first; anything else ends at once with 0. More arguments are allowed.
 */
export function akashVirtualContainers(host: Pick<Host, "setTimer">, options: AkashVirtualContainerOptions = {}): AkashContainerRuntime {
  const { hold = true, commandOf = ({ argv }) => argv, linesOf = () => [], exec = defaultExec } = options;
  return {
    start(request, watcher) {
      const [verb, argument = ""] = commandOf(request);
      const print = (lines: readonly string[]): void => {
        for (const line of lines) watcher.line("stdout", line);
      };
      print(linesOf(request, "start", 0));
      if (verb === "print") print(argument.split("\n"));
      const exitCode = verb === "exit" ? Number(argument) : 0;
      const timer = host.setTimer(verb === "sleep" ? Number(argument) : 1, () => {
        print(linesOf(request, "end", exitCode));
        if (hold) watcher.commandEnded(exitCode);
        else watcher.exited(exitCode);
      });
      return {
        exec(argv, told) {
          const { stdout, exitCode: code } = exec(request, argv);
          const answer = host.setTimer(1, () => {
            if (stdout !== "") told.output("stdout", new TextEncoder().encode(stdout));
            told.ended(code);
          });
          return { write: () => undefined, stop: async () => answer.cancel() };
        },
        stop: async () => timer.cancel(),
      };
    },
  };
}

function defaultExec(_request: AkashContainerRequest, [verb, ...words]: readonly string[]) {
  if (verb === "echo") return { stdout: `${words.join(" ")}\n`, exitCode: 0 };
  return { stdout: "", exitCode: verb === "exit" ? Number(words[0] ?? 0) : 127 };
}
