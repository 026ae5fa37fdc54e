import { s3 } from "../../data/s3/index.js";
import type { ArtifactStore } from "../../spec/artifact-store.js";
import type { Host } from "../../spec/host.js";
import { type S3LogEntry, type S3TestServer, startS3Server } from "../../testing/s3/index.js";
import type { BackendTrial } from "./trial.js";

const BUCKET = "test-bucket";

/** URLs of cases live longer than any case. */
export const TTL_MS = 3_600_000;

/** The bucket through which the files of a case go, with real signatures and a log of who came. */
export interface Depot {
  readonly server: S3TestServer;
  readonly store: ArtifactStore;
  /** Begins the URIs of what attempts write. Ends in `/`. */
  readonly workspace: string;
  /** Puts bytes there and answers a URL that reads them, and nothing else. `expired`: it did so once. */
  readonly publish: (key: string, bytes: Uint8Array | string, expired?: "expired") => Promise<string>;
  /** Requests for an object that were carried out, by its URI or key. */
  readonly requests: (operation: S3LogEntry["operation"], object: string) => readonly S3LogEntry[];
  /** What is stored under a URI. */
  readonly stored: (uri: string) => Uint8Array | undefined;
}

/** Opens a bucket of its own for a case. It is closed after the case's clean-up. */
export async function openDepot(trial: BackendTrial): Promise<Depot> {
  // Not the trial's tracked view: what the bucket does is no concern of the backend's.
  const { host } = trial.underTest;
  const server = await startS3Server({ host });
  trial.atTheEnd(() => server.close());
  const store = s3({
    bucket: BUCKET,
    endpoint: server.url,
    region: server.region,
    credentials: server.credentials,
    conditionalWrites: true,
    environment: () => undefined,
  });
  const keyOf = (object: string): string => decodeURIComponent(object.replace(`s3://${BUCKET}/`, ""));
  return {
    server,
    store,
    workspace: store.workspace ?? "",
    publish: (key, bytes, expired) => {
      server.seed(key, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
      return store.readUrl(`s3://${BUCKET}/${key}`, TTL_MS, { host: expired ? pastOf(host) : host });
    },
    requests: (operation, object) =>
      server.log.filter(
        (entry) => entry.operation === operation && entry.key === keyOf(object) && entry.status >= 200 && entry.status < 300,
      ),
    stored: (uri) => server.objects().get(keyOf(uri))?.bytes,
  };
}

/** The same host, twice the life of a URL ago. */
const pastOf = (host: Host): Host => ({ ...host, now: () => host.now() - 2 * TTL_MS });
