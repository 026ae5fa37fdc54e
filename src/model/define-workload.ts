import type { ErrorCode } from "./errors/codes.js";
import { SchedulerError } from "./errors/scheduler-error.js";
import { formatPath, MAX_PROBLEMS, type Problem } from "./input/problem.js";
import { isStandardSchema, type StandardIssue, type StandardSchema } from "./standard-schema.js";
import { decodeUtf8 } from "./utf8.js";
import type { WorkloadInput } from "./workload-input.js";

/** How a kind of work is described once, to be scheduled many times with typed input and a typed result. */
export interface WorkloadDefinitionOptions<I, O, R, W extends WorkloadInput> {
  /** Names the definition in errors, and the workloads it makes unless they have names of their own. */
  readonly name: string;
  /** Any Standard Schema. `build` gets what it makes of the caller's input. */
  readonly input: StandardSchema<I, O>;
  /** The output file that is parsed as JSON, and its schema. Absent: no typed result. */
  readonly result?: {
    /** A declared output path, as `build` writes it. */
    readonly output: string;
    readonly schema: StandardSchema<unknown, R>;
  };
  /** Makes the workload. May be called again for the same input; should depend on nothing else. */
  readonly build: (input: O) => W | Promise<W>;
}

/** A reusable description of work: `schedule(definition, input)`. */
export interface WorkloadDefinition<I, R = undefined, W extends WorkloadInput = WorkloadInput> {
  readonly name: string;
  /** Path of the output that {@link WorkloadDefinition.parseResult} understands. */
  readonly resultOutput?: string;
  /**
   * Validates the input and builds the workload.
   * @throws INVALID_WORKLOAD with `details.field` such as `input.shard`; PLUGIN_CONTRACT_VIOLATION if the schema itself throws
   */
  prepare(input: I): Promise<W>;
  /**
   * Validates the result: the bytes of the output file, or an already parsed value. Answers `undefined` when the
   * definition has no `result`.
   * @throws RESULT_INVALID with `details.field` such as `result.score`
   */
  parseResult(content: unknown): Promise<R>;
}

/**
 * Describes a kind of work.
 *
 * @throws INVALID_WORKLOAD naming the option that is missing or malformed
 */
export function defineWorkload<I, O, W extends WorkloadInput>(
  options: WorkloadDefinitionOptions<I, O, never, W> & { readonly result?: never },
): WorkloadDefinition<I, undefined, W>;
export function defineWorkload<I, O, R, W extends WorkloadInput>(
  options: WorkloadDefinitionOptions<I, O, R, W> & {
    readonly result: { readonly output: string; readonly schema: StandardSchema<unknown, R> };
  },
): WorkloadDefinition<I, R, W>;
export function defineWorkload<I, O, R, W extends WorkloadInput>(
  options: WorkloadDefinitionOptions<I, O, R, W>,
): WorkloadDefinition<I, R | undefined, W> {
  checkOptions(options);
  const { name, input, result, build } = options;
  return {
    name,
    ...(result ? { resultOutput: result.output } : {}),
    prepare: async (value) => {
      const checked = await validate(input, value, { name, root: "input", code: "INVALID_WORKLOAD" });
      const workload = await runBuild(name, build, checked);
      if (result && !Object.hasOwn(workload.outputs ?? {}, result.output)) {
        throw new SchedulerError(
          "INVALID_WORKLOAD",
          `The definition "${name}" reads its result from an output that \`build\` does not declare; add it to \`outputs\`.`,
          {
            details: { field: "outputs", output: result.output },
          },
        );
      }
      const source = result && workload.outputs?.[result.output];
      const isSealed = typeof source === "object" && source.encryptTo !== undefined;
      if (result && (isSealed || (typeof workload.data === "object" && workload.data.encryptTo !== undefined))) {
        throw new SchedulerError(
          "INVALID_WORKLOAD",
          `The definition "${name}" reads its result from an output that \`build\` has encrypted to a key that is not here; leave \`encryptTo\` away there, or \`result\`.`,
          { details: { field: "outputs", output: result.output } },
        );
      }
      return workload;
    },
    parseResult: async (content) => {
      if (!result) return undefined;
      const value = content instanceof Uint8Array ? parseJson(name, content) : content;
      return await validate(result.schema, value, { name, root: "result", code: "RESULT_INVALID" });
    },
  };
}

function checkOptions(options: {
  readonly name: unknown;
  readonly input: unknown;
  readonly build: unknown;
  readonly result?: unknown;
}): void {
  const refuse = (field: string, problem: string): never => {
    throw new SchedulerError("INVALID_WORKLOAD", `\`${field}\` of a workload definition ${problem}.`, { details: { field } });
  };
  if (typeof options !== "object" || options === null) refuse("definition", "must be an object with name, input and build");
  if (typeof options.name !== "string" || options.name.trim() === "" || options.name.length > 128)
    refuse("name", "must be a string of 1 to 128 characters");
  if (!isStandardSchema(options.input)) refuse("input", "must be a Standard Schema, such as a zod schema");
  if (typeof options.build !== "function") refuse("build", "must be a function that makes a workload from the input");
  if (options.result === undefined) return;
  if (typeof options.result !== "object" || options.result === null) refuse("result", "must be an object with output and schema");
  const { output, schema } = options.result as { readonly output?: unknown; readonly schema?: unknown };
  if (typeof output !== "string" || output === "") refuse("result.output", "must be the path of a declared output");
  if (!isStandardSchema(schema)) refuse("result.schema", "must be a Standard Schema, such as a zod schema");
}

interface Context {
  readonly name: string;
  readonly root: "input" | "result";
  readonly code: ErrorCode;
}

async function validate<Output>(
  schema: StandardSchema<never, Output> | StandardSchema<unknown, Output>,
  value: unknown,
  { name, root, code }: Context,
): Promise<Output> {
  let issues: readonly Problem[];
  try {
    const answer = await schema["~standard"].validate(value);
    if (answer.issues === undefined && "value" in answer) return answer.value;
    issues = (answer.issues ?? []).slice(0, MAX_PROBLEMS).map((issue) => problemOf(issue, root));
  } catch (thrown) {
    throw new SchedulerError(
      "PLUGIN_CONTRACT_VIOLATION",
      `The ${root} schema of the definition "${name}" broke down instead of answering.`,
      {
        cause: thrown,
        details: { field: root },
      },
    );
  }
  const first = issues[0] ?? { field: root, message: "is invalid" };
  throw new SchedulerError(code, `\`${first.field}\` of "${name}": ${first.message}`, { details: { field: first.field, issues } });
}

function problemOf({ message, path = [] }: StandardIssue, root: string): Problem {
  const keys = path.map((segment) => (typeof segment === "object" ? segment.key : segment));
  return { field: formatPath([root, ...keys]), message };
}

async function runBuild<O, W extends WorkloadInput>(name: string, build: (input: O) => W | Promise<W>, input: O): Promise<W> {
  try {
    const built: unknown = await build(input);
    // Copied here, so that whatever throws when it is looked at counts as the builder's fault.
    if (typeof built === "object" && built !== null) return { name, ...(built as W) };
  } catch (thrown) {
    if (SchedulerError.isInstance(thrown)) throw thrown;
    throw new SchedulerError(
      "INVALID_WORKLOAD",
      `\`build\` of "${name}" threw: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      {
        cause: thrown,
        details: { field: "build" },
      },
    );
  }
  throw new SchedulerError("INVALID_WORKLOAD", `\`build\` of "${name}" must answer a workload.`, { details: { field: "build" } });
}

/** The parser's own message would quote the file, which is the workload's data. */
function parseJson(name: string, bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  try {
    if (text !== undefined) return JSON.parse(text) as unknown;
  } catch {
    // Told below.
  }
  const why = text === undefined ? "is not UTF-8 text" : "is not JSON";
  throw new SchedulerError("RESULT_INVALID", `The result file of "${name}" ${why} (${bytes.length} bytes).`, {
    details: { field: "result" },
  });
}
