import { importPeer } from "../../kit/lazy-import.js";

type BatchModule = typeof import("@google-cloud/batch");
type GaxModule = typeof import("google-gax");

/** The SDK's own message classes, made from the protos that it ships, and the gRPC that it uses. */
export interface Protocol {
  readonly batch: BatchModule["protos"]["google"]["cloud"]["batch"]["v1"];
  readonly longrunning: BatchModule["protos"]["google"]["longrunning"];
  readonly grpc: GaxModule["grpc"];
  readonly auth: GaxModule["googleAuthLibrary"];
}

/** Loads them. @throws DEPENDENCY_MISSING when `@google-cloud/batch` is not installed. */
export async function loadProtocol(): Promise<Protocol> {
  const subject = "The Google Cloud Batch simulator";
  const { protos } = await importPeer("@google-cloud/batch", () => import("@google-cloud/batch"), { subject });
  // It comes with the SDK, and its gRPC must be the same instance that the SDK uses.
  const gax = await importPeer("google-gax", () => import("google-gax"), { subject });
  return { batch: protos.google.cloud.batch.v1, longrunning: protos.google.longrunning, grpc: gax.grpc, auth: gax.googleAuthLibrary };
}
