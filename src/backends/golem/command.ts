import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Launch } from "../../spec/launch.js";

/** What a node is told to execute. */
export interface NodeCommand {
  readonly entryPoint: string;
  readonly args: readonly string[];
  /** A file to be uploaded before, which the command reads and removes: what must not stand in arguments, since those are kept in logs. */
  readonly secrets?: { readonly path: string; readonly content: Uint8Array };
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const SHELL = "/bin/sh";

/**
 * One command out of arguments, environment and secrets: Golem drops a command's environment, ignores the image's ENTRYPOINT and CMD, and starts
 * what it is told by its absolute path. An absolute path without environment is started as it is, without any shell; everything else through
 * `/bin/sh`, which gets values as quoted words and the arguments untouched.
 *
 * @param volume where the file with the secrets goes
 * @throws UNSUPPORTED_WORKLOAD for names that a shell cannot export, and for secrets without a VOLUME to put them in.
 */
export function toNodeCommand(
  launch: Pick<Launch, "key" | "argv" | "env" | "secrets">,
  backend: string,
  volume: string | undefined,
): NodeCommand {
  const [program = "", ...args] = launch.argv;
  const env = Object.entries(launch.env).filter(([name]) => !Object.hasOwn(launch.secrets, name));
  const secrets = Object.entries(launch.secrets);
  const odd = [...env, ...secrets].map(([name]) => name).find((name) => !NAME.test(name));
  if (odd !== undefined) {
    throw refused(backend, "env", "the name of an environment variable is none that a shell can export (letters, digits and underscores)");
  }
  if (env.length === 0 && secrets.length === 0 && program.startsWith("/")) return { entryPoint: program, args };
  const lines = env.map(([name, value]) => exported(name, value));
  if (secrets.length === 0) {
    return { entryPoint: SHELL, args: ["-c", [...lines, 'exec "$@"'].join("\n"), "sh", program, ...args] };
  }
  if (volume === undefined) {
    throw refused(backend, "secrets", "secrets are handed over in a file, and the image has no VOLUME to put it in; name one in `volumes`");
  }
  const path = `${volume.replace(/\/$/, "")}/.spillway-${launch.key}`;
  // The file's own name arrives as an argument, so that nothing of the script depends on it.
  const script = [...lines, 'file="$1"; shift', '. "$file" && rm -f "$file" || exit 125', "unset file", 'exec "$@"'].join("\n");
  const content = new TextEncoder().encode(`${secrets.map(([name, secret]) => exported(name, secret.reveal())).join("\n")}\n`);
  return { entryPoint: SHELL, args: ["-c", script, "sh", path, program, ...args], secrets: { path, content } };
}

const exported = (name: string, value: string): string => `export ${name}=${quoted(value)}`;

/** A word that no shell looks into. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The number in the daemon's sentence about a command that ended badly. It stands nowhere else in the results. */
export function exitCodeIn(message: string): number | undefined {
  const digits = /exited with code (-?\d+)/i.exec(message)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function refused(backend: string, field: string, what: string): SchedulerError {
  return new SchedulerError("UNSUPPORTED_WORKLOAD", `${backend}: ${what}.`, {
    retry: "elsewhere",
    effect: "none",
    details: { field, backend },
  });
}
