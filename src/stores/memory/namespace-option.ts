import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Namespace } from "../../spec/call-context.js";

/** The namespace if it is well-formed. @throws INVALID_CONFIG, which never shows the secret */
export function checkedNamespace(namespace: Namespace): Namespace {
  if (!/^[a-z][a-z0-9]{5,11}$/.test(namespace.id)) {
    throw invalid("namespace.id", "6 to 12 lower-case letters and digits, starting with a letter");
  }
  if (!/^(?:[0-9a-f]{2}){16,}$/.test(namespace.secret)) {
    throw invalid("namespace.secret", "at least 16 bytes in lower-case hex, such as the output of `openssl rand -hex 32`");
  }
  return namespace;
}

const invalid = (field: string, rule: string): SchedulerError =>
  new SchedulerError("INVALID_CONFIG", `memoryStore: ${field} must be ${rule}.`, { details: { field } });
