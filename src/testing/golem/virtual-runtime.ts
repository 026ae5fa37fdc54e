import type { Host } from "../../spec/host.js";
import type { GolemCommand, GolemMachine, GolemRuntime, PlayedCommand } from "./exe-unit-runtime.js";

/** Options of {@link virtualGolemRuntime}. */
export interface VirtualGolemRuntimeOptions {
  /** What a command does, given its words without shell and `env`, and the files of its machine; nothing for the usual meaning. */
  readonly play?: (words: readonly string[], files: Map<string, Uint8Array>) => PlayedCommand | undefined;
}

/**
 * Plays commands on the host's clock instead of running them: `exit CODE` ends at once, `sleep MS` after so long, `print TEXT` writes
 * to stdout, `write PATH TEXT` leaves a file; anything else ends at once with 0. A shell (`/bin/sh -c`) and `env NAME=VALUE` in front
 * are taken off. Files are kept in memory.
 */
export function virtualGolemRuntime(host: Pick<Host, "setTimer">, options: VirtualGolemRuntimeOptions = {}): GolemRuntime {
  return {
    async open(): Promise<GolemMachine> {
      const files = new Map<string, Uint8Array>();
      const ends = new Set<() => void>();
      return {
        async write(path, content) {
          files.set(path, content);
        },
        async read(path) {
          return files.get(path);
        },
        run(command, watcher) {
          const words = wordsOf(command);
          const played = options.play?.(words, files) ?? usual(words, files);
          if (played.stdout !== undefined) watcher.output("stdout", played.stdout);
          if (played.stderr !== undefined) watcher.output("stderr", played.stderr);
          const timer = host.setTimer(played.afterMs ?? 1, () => {
            ends.delete(end);
            watcher.exited(played.exitCode ?? 0);
          });
          const end = (): void => {
            ends.delete(end);
            timer.cancel();
          };
          ends.add(end);
          return { stop: async () => end() };
        },
        async close() {
          for (const end of [...ends]) end();
          files.clear();
        },
      };
    },
  };
}

function usual([verb, first = "", ...rest]: readonly string[], files: Map<string, Uint8Array>): PlayedCommand {
  switch (verb) {
    case "exit":
      return { exitCode: Number(first) };
    case "sleep":
      return { afterMs: Number(first) };
    case "print":
      return { stdout: [first, ...rest].join(" ") };
    case "write":
      files.set(first, new TextEncoder().encode(rest.join(" ")));
      return {};
    default:
      return {};
  }
}

const SHELL = /(^|\/)(sh|bash)$/;
const ENV = /(^|\/)env$/;
const ASSIGNMENT = /^[A-Za-z_][A-Za-z0-9_]*=/;

function wordsOf({ entryPoint, args }: GolemCommand): readonly string[] {
  if (SHELL.test(entryPoint) && args[0] === "-c") return (args[1] ?? "").trim().split(/\s+/);
  if (!ENV.test(entryPoint)) return [entryPoint, ...args];
  const start = args.findIndex((word) => !ASSIGNMENT.test(word));
  const [inner = "true", ...others] = start === -1 ? [] : args.slice(start);
  return wordsOf({ entryPoint: inner, args: others });
}
