import type { LeaseRef } from "../../model/lease.js";

/** References hold the id of the deployment: one by its name would cost a listing each time. */
export const refTo = (backend: string, key: string, deploymentId: string): LeaseRef => ({
  backend,
  key,
  data: { deployment: deploymentId },
});

/** The id in a reference, or nothing when it was not made here. */
export function deploymentOf({ data }: LeaseRef): string | undefined {
  const id = typeof data === "object" && data !== null && "deployment" in data ? data.deployment : undefined;
  return typeof id === "string" && id !== "" ? id : undefined;
}
