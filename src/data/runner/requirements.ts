import { SchedulerError } from "../../model/errors/scheduler-error.js";

/** Longest string that Linux hands to a program, bytes with the NUL at its end (MAX_ARG_STRLEN, 32 pages of 4 KiB). */
const MAX_STRING_BYTES = 131_072;

/** Argument vector and environment together. Linux allows a quarter of the stack's limit, 2 MiB as a rule; half of it is left to the image and the platform. */
const MAX_TOTAL_BYTES = 1_048_576;

/** Names that the runner keeps for itself. */
const RESERVED = /^(SPILLWAY_JOB|SPILLWAY_JOB_URL|SPILLWAY_JOB_SHA256|SPILLWAY_ATTEMPT|SPILLWAY_ROOT|SPILLWAY_TICK|spw_.*)$/;

/** What a shell keeps when it hands its environment on. Others are dropped by some shells and kept by some. */
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Refuses paths that do not survive lines of text, a shell script and JSON alike.
 *
 * @throws UNSUPPORTED_WORKLOAD naming the path.
 */
export function requirePlainPath(path: string, field: string): string {
  const problem = problemOf(path);
  if (problem === undefined) return path;
  throw unsupported(
    `The path ${JSON.stringify(path)} ${problem}, which the runner inside a container cannot handle: choose a plain name, or a backend that moves files itself.`,
    { field, path },
  );
}

function problemOf(path: string): string | undefined {
  if (path === "") return "is empty";
  if (/\p{Cc}|\u2028|\u2029/u.test(path)) return "holds a line break or another control character";
  if (/["\\]/.test(path)) return 'holds a `"` or a `\\`';
  if (path.startsWith("-")) return "begins with a dash";
  if (path.trim() !== path) return "begins or ends with a blank";
  if (path.split("/").includes("..")) return "climbs with `..`";
  if (!isWellFormed(path)) return "holds half of a character";
  return undefined;
}

/** False for text with half of a surrogate pair, which has no UTF-8 form and would arrive as something else. */
const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

/** @throws UNSUPPORTED_WORKLOAD for what is not a plain http(s) URL. The URL is not shown. */
export function requireUrl(url: string, what: string): string {
  if (/^https?:\/\/[!-~]+$/i.test(url)) return url;
  throw unsupported(
    `The address of ${what} is not an http(s) URL of ASCII characters: a container elsewhere cannot use it. Keep the artifacts in a store that hands out such URLs.`,
    { field: what },
  );
}

/**
 * Name and value of a header as two words. Blanks, quotes and backslashes mean something in the configuration files of curl or wget.
 *
 * @throws UNSUPPORTED_WORKLOAD for a header that a client in a container could send as something else. The value is not shown.
 */
export function requireHeader(name: string, value: string, what: string): string {
  if (/^[A-Za-z0-9-]+$/.test(name) && /^[!-~]+$/.test(value) && !/["\\]/.test(value)) return `${name} ${value}`;
  throw unsupported(
    `The header ${JSON.stringify(name)} of the PUT for ${what} has a name or value that the runner inside a container cannot send: keep the artifacts in a store that asks for plain ones.`,
    { field: what },
  );
}

/** @throws UNSUPPORTED_WORKLOAD for argument vectors and environments that a shell or the kernel would change or refuse. */
export function requireCarriable(argv: readonly string[], environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(environment)) {
    if (!VARIABLE.test(name))
      throw unsupported(`The variable ${JSON.stringify(name)} has a name that shells drop.`, { field: `env.${name}` });
  }
  const strings = [
    ...argv.map((text, index) => ({ field: `command.${index}`, text })),
    ...Object.entries(environment).map(([name, text]) => ({ field: `env.${name}`, text: `${name}=${text}` })),
  ];
  let total = 0;
  for (const { field, text } of strings) {
    const bytes = new TextEncoder().encode(text).length + 1;
    total += bytes;
    if (text.includes("\0")) throw unsupported(`${field} holds a NUL, which no program can be given.`, { field });
    if (!isWellFormed(text)) throw unsupported(`${field} holds half of a character, which would arrive as another one.`, { field });
    if (bytes > MAX_STRING_BYTES) {
      throw unsupported(`${field} has ${bytes} bytes where Linux hands over ${MAX_STRING_BYTES} at most: put it into an input file.`, {
        field,
      });
    }
  }
  if (total > MAX_TOTAL_BYTES) {
    throw unsupported(
      `Command and environment have ${total} bytes together, above ${MAX_TOTAL_BYTES}: put large values into input files.`,
      {
        field: "env",
      },
    );
  }
}

/** @throws UNSUPPORTED_WORKLOAD for a variable of the caller's whose name the runner needs. */
export function requireFreeNames(names: readonly string[]): void {
  const taken = names.find((name) => RESERVED.test(name));
  if (taken !== undefined)
    throw unsupported(`The variable ${taken} belongs to the runner: choose another name.`, { field: `env.${taken}` });
}

export function unsupported(message: string, details: { readonly field: string; readonly path?: string }): SchedulerError {
  return new SchedulerError("UNSUPPORTED_WORKLOAD", message, { details });
}
