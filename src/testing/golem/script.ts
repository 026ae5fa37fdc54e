import type { GolemCommand } from "./exe-unit-runtime.js";
import { refused } from "./failure.js";

/** How a stream of a command's output is kept. */
export interface CaptureMode {
  readonly stream: boolean;
  readonly binary: boolean;
  /** Most bytes from the beginning and from the end. */
  readonly head: number;
  readonly tail: number;
}

/** One command of a batch. */
export type BatchCommand =
  | { readonly kind: "deploy"; readonly volumes: readonly string[]; readonly wire: object }
  | { readonly kind: "start" | "terminate"; readonly wire: object }
  | { readonly kind: "transfer"; readonly from: string; readonly to: string; readonly wire: object }
  | (GolemCommand & {
      readonly kind: "run";
      readonly stdout: CaptureMode | undefined;
      readonly stderr: CaptureMode | undefined;
      readonly wire: object;
    });

/** Reads the text of an exec request. Fields that the exe-unit has no place for, such as `env` of `run`, are lost, as they are there. */
export function parseScript(body: unknown): readonly BatchCommand[] {
  const { text } = (typeof body === "object" && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  if (typeof text !== "string") throw refused(400, "Deserialize error: missing field `text`");
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (error) {
    throw refused(400, `Invalid ExeScript: ${String(error)}`);
  }
  if (!Array.isArray(list)) throw refused(400, "Invalid ExeScript: a sequence is expected");
  return list.map(parseCommand);
}

function parseCommand(wire: unknown): BatchCommand {
  const [entry, ...more] = typeof wire === "object" && wire !== null ? Object.entries(wire) : [];
  if (entry === undefined || more.length > 0) throw refused(400, "Invalid ExeScript: one command per member is expected");
  const [name, value] = entry;
  const fields = (typeof value === "object" && value !== null ? value : {}) as Partial<Record<string, unknown>>;
  const { from, to } = fields;
  switch (name) {
    case "deploy":
      return { kind: "deploy", volumes: Object.keys(Object(fields["volumes"])), wire: { deploy: fields } };
    case "start":
    case "terminate":
      return { kind: name, wire: { [name]: {} } };
    case "run":
      return parseRun(fields);
    case "transfer":
      if (typeof from !== "string" || typeof to !== "string") throw refused(400, "Invalid ExeScript: missing field `from` or `to`");
      return { kind: "transfer", from, to, wire: { transfer: { from, to } } };
    default:
      throw refused(400, `Invalid ExeScript: unknown variant \`${name}\``);
  }
}

function parseRun({ entry_point: entryPoint, args = [], capture }: Partial<Record<string, unknown>>): BatchCommand {
  if (typeof entryPoint !== "string" || !Array.isArray(args) || !args.every((word) => typeof word === "string")) {
    throw refused(400, "Invalid ExeScript: missing field `entry_point`");
  }
  const modes = Object(capture) as Partial<Record<string, unknown>>;
  return {
    kind: "run",
    entryPoint,
    args,
    stdout: parseMode(modes["stdout"]),
    stderr: parseMode(modes["stderr"]),
    wire: { run: { entry_point: entryPoint, args, capture: capture ?? null } },
  };
}

function parseMode(mode: unknown): CaptureMode | undefined {
  if (typeof mode !== "object" || mode === null) return undefined;
  const { atEnd, stream } = mode as Partial<Record<string, Partial<Record<string, unknown>>>>;
  const chosen = stream ?? atEnd;
  if (chosen === undefined) return undefined;
  const part = Object(chosen["part"]) as Partial<Record<string, unknown>>;
  const { head, tail, headTail } = part;
  const limited = head !== undefined || tail !== undefined || headTail !== undefined;
  return {
    stream: stream !== undefined,
    binary: chosen["format"] === "binary",
    head: limited ? Number(head ?? Math.ceil(Number(headTail ?? 0) / 2)) : Number.POSITIVE_INFINITY,
    tail: limited ? Number(tail ?? Math.floor(Number(headTail ?? 0) / 2)) : 0,
  };
}
