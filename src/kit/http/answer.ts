import type { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { formatPath } from "../validation.js";

/** An answer whose body was read completely. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as it came. May hold anything: never put it into a message. */
  readonly text: string;
  /**
   * The body parsed and checked. An empty body is `undefined` to the schema. Make response schemas minimal and tolerant.
   *
   * @throws BACKEND_RESPONSE_INVALID naming the path of what is wrong, never the value.
   */
  json<S extends z.ZodType>(schema: S): z.output<S>;
}

/** What a failed check needs to say where it happened. */
export interface AnswerOrigin {
  readonly backend: string;
  readonly method: string;
  readonly path: string;
  /** The call cannot have an effect. */
  readonly safe: boolean;
}

/** Wraps what was read. */
export function createAnswer(status: number, headers: Headers, text: string, origin: AnswerOrigin): HttpAnswer {
  return { status, headers, text, json: (schema) => checkJson(parseJson(text, headers, origin), schema, origin) };
}

function parseJson(text: string, headers: Headers, origin: AnswerOrigin): unknown {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the text, so it is not kept.
    const type = /^[\w.+-]+\/[\w.+-]+/.exec(headers.get("content-type") ?? "")?.[0] ?? "no content type";
    throw invalid(origin, `the body is not JSON (${type}, ${text.length} characters)`);
  }
}

/** Checks a value that came from the other side. @throws BACKEND_RESPONSE_INVALID naming up to three paths. */
export function checkJson<S extends z.ZodType>(value: unknown, schema: S, origin: AnswerOrigin): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const shown = issues
    .slice(0, 3)
    .map((issue) => `${issue.path.length === 0 ? "the body" : formatPath(issue.path)}: ${expectation(issue)}`);
  if (issues.length > shown.length) shown.push(`and ${issues.length - shown.length} more`);
  throw invalid(origin, shown.join("; "), issues[0]?.path);
}

/** zod's own messages name types and limits, never values. What a schema's author wrote is taken as it is. */
function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === "unrecognized_keys") return "has keys it should not have";
  return issue.message.replace(/^Invalid (input|option): /, "");
}

function invalid(origin: AnswerOrigin, what: string, issuePath: readonly PropertyKey[] = []): SchedulerError {
  const effect = origin.safe ? "none" : "unknown";
  const after = origin.safe ? "" : " The request itself may have been carried out.";
  return new SchedulerError(
    "BACKEND_RESPONSE_INVALID",
    `${origin.backend}: the answer to ${origin.method} ${origin.path} does not have the expected form: ${what}.${after}`,
    {
      effect,
      details: {
        backend: origin.backend,
        method: origin.method,
        path: origin.path,
        ...(issuePath.length > 0 ? { at: formatPath(issuePath) } : {}),
      },
    },
  );
}
