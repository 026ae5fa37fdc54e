import { importPeer } from "../../kit/lazy-import.js";
import { omitUndefined } from "../../kit/omit-undefined.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { BatchClient } from "./batch-client.js";
import type { ResolvedOptions } from "./options.js";

const PACKAGE = "@google-cloud/batch";

/** A client that has its credentials, or a coded error. */
export interface OpenClient {
  /**
   * Loads the package and the credentials when it is first called. A failure is not kept: credentials may appear.
   *
   * @throws DEPENDENCY_MISSING, BACKEND_AUTH_FAILED
   */
  get(): Promise<BatchClient>;
  /** Closes the client if it was made here. */
  close(): Promise<void>;
}

/**
 * The credentials are loaded here and nowhere else, because every method of the client would begin to load them in the background
 * and, when there are none, end the process with an unhandled rejection.
 */
export function openClient(backend: string, options: Pick<ResolvedOptions, "client" | "keyFilename" | "clientOptions">): OpenClient {
  let opening: Promise<BatchClient> | undefined;

  const open = async (): Promise<BatchClient> => {
    const client = options.client ?? (await makeClient(backend, options));
    try {
      await client.initialize();
    } catch (error) {
      throw noCredentials(backend, error);
    }
    return client;
  };

  return {
    get() {
      if (opening === undefined) {
        const begun = open();
        opening = begun;
        begun.catch(() => {
          if (opening === begun) opening = undefined;
        });
      }
      return opening;
    },
    async close() {
      const client = await opening?.catch(() => undefined);
      opening = undefined;
      if (client !== undefined && client !== options.client) await client.close();
    },
  };
}

async function makeClient(backend: string, options: Pick<ResolvedOptions, "keyFilename" | "clientOptions">): Promise<BatchClient> {
  const { BatchServiceClient } = await importPeer(PACKAGE, () => import("@google-cloud/batch"), { subject: backend, option: "client" });
  const { keyFilename, clientOptions } = options;
  const client = new BatchServiceClient({ ...omitUndefined({ keyFilename }), ...clientOptions });
  // Resolved before the stubs are made: those of long-running operations are made in the background.
  if (clientOptions?.["sslCreds"] === undefined) {
    await client.auth.getClient().catch((error: unknown) => {
      throw noCredentials(backend, error);
    });
  }
  return client;
}

/** The library's own message is left out except for its first line: it may hold paths, or parts of a key file that is no JSON. */
function noCredentials(backend: string, error: unknown): SchedulerError {
  const missing = error instanceof Error && /could not load the default credentials/i.test(error.message);
  const what = missing ? "has no Google credentials" : "could not load its Google credentials";
  return new SchedulerError(
    "BACKEND_AUTH_FAILED",
    `${backend} ${what}: run \`gcloud auth application-default login\`, set GOOGLE_APPLICATION_CREDENTIALS to a key file, or pass \`keyFilename\` or \`client\`.`,
    { effect: "none", details: { backend }, cause: new Error(error instanceof Error ? error.name : "unknown") },
  );
}
