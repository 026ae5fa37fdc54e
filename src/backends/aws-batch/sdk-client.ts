import { z } from "zod";

/** The part of the SDK's client that is used. A `BatchClient` of `@aws-sdk/client-batch` fits as it is. */
export interface AwsBatchClient {
  /** Sends a command, as the SDK's client does. */
  send(command: object, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
  /** Frees the client's sockets. */
  destroy?(): void;
}

const isClient = (value: unknown): value is AwsBatchClient =>
  typeof value === "object" && value !== null && typeof (value as { readonly send?: unknown }).send === "function";
/** Schema of a client that the user made. */
export const clientOption = z.custom<AwsBatchClient>(isClient, "must be a client of the AWS SDK, version 3");
