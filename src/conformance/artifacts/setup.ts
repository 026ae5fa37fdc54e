import type { ArtifactStore } from "../../spec/artifact-store.js";
import type { Host } from "../../spec/host.js";
import type { ConformanceLevel } from "../report.js";
import type { CommonSetup } from "../suite.js";

/** What an author says of a writable artifact store, and how the suite gets one. */
export interface ArtifactConformanceSetup extends CommonSetup {
  /** What sort of store it is, for the report: `s3`, `file`. */
  readonly kind: string;
  /** How much of the other side takes part. @defaultValue "offline" */
  readonly level?: ConformanceLevel;
  /**
   * What holders of its URLs can do, and the suite tries: `signed` URLs allow one object, one method and a time; `plain` ones work, but bind
   * nobody (files of this machine); `none`: they cannot be tried here.
   */
  readonly urls: "signed" | "plain" | "none";
  /** Limits that a grant to write can enforce. @defaultValue none */
  readonly enforces?: readonly ("sha256" | "once")[];
  /** `stat` tells versions. @defaultValue false */
  readonly versions?: boolean;
  /** It has uploads in parts. @defaultValue false */
  readonly parted?: boolean;
  /** An empty store for each case. */
  readonly create: () => Promise<ArtifactsUnderTest>;
}

/** One case's store. */
export interface ArtifactsUnderTest {
  readonly store: ArtifactStore;
  readonly host: Host;
  /** Moves the host's clock on so far. Needed for `signed` URLs. */
  readonly elapse?: (ms: number) => Promise<void>;
  /**
   * What a stranger gets who asks for a URL: the bytes, or nothing when he is refused. Default: GET with the platform's `fetch`.
   */
  readonly fetchUrl?: (url: string) => Promise<Uint8Array | undefined>;
  /** A stranger's attempt to store bytes through a URL: whether it was taken. Default: PUT with the platform's `fetch`. */
  readonly sendUrl?: (url: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>) => Promise<boolean>;
  /** Removes the data. */
  readonly close: () => Promise<void>;
}
