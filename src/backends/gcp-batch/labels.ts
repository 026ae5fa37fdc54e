import type { Namespace } from "../../spec/call-context.js";

/** Marks jobs of one scheduler's store. */
export const NAMESPACE_LABEL = "spillway-namespace";
/** Marks jobs of one backend of it: two may share a project and a region. */
export const BACKEND_LABEL = "spillway-backend";

/** Google allows 64 labels on a resource; some are Batch's own. */
const MOST_LABELS = 60;

/** Labels of a job. Ours win over the launch's, and those over the user's, since jobs are told apart by ours. */
export function jobLabels(
  backend: string,
  namespace: Pick<Namespace, "id">,
  launch: Readonly<Record<string, string>>,
  configured: Readonly<Record<string, string>>,
): Record<string, string> {
  const carried = Object.entries(launch).flatMap(([key, value]) => {
    const name = labelKey(key);
    return name === undefined ? [] : [[name, labelValue(value)] as const];
  });
  const own = { [NAMESPACE_LABEL]: namespace.id, [BACKEND_LABEL]: backend };
  const others = Object.entries({ ...configured, ...Object.fromEntries(carried) }).filter(([name]) => !Object.hasOwn(own, name));
  return { ...Object.fromEntries(others.slice(0, MOST_LABELS)), ...own };
}

/** The filter of `listJobs` for the jobs of a namespace. Both values hold nothing but lower-case letters, digits and dashes. */
export const ownJobsFilter = (backend: string, namespace: Pick<Namespace, "id">): string =>
  `labels."${NAMESPACE_LABEL}"="${namespace.id}" AND labels."${BACKEND_LABEL}"="${backend}"`;

/** Whether a job's labels are those of a namespace and backend. */
export const isOwnJob = (labels: Readonly<Record<string, string>>, backend: string, namespace: Pick<Namespace, "id">): boolean =>
  labels[NAMESPACE_LABEL] === namespace.id && labels[BACKEND_LABEL] === backend;

/** `goog-` and `google` are reserved; keys begin with a letter. */
function labelKey(key: string): string | undefined {
  const name = labelValue(key);
  return /^[a-z]/.test(name) && !/^goog(-|le)/.test(name) ? name : undefined;
}

const labelValue = (value: string): string =>
  value
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, "-")
    .slice(0, 63);
