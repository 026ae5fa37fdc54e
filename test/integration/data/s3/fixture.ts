import { createHash } from "node:crypto";
import { onTestFinished } from "vitest";
import type { S3Options } from "../../../../src/data/s3/index.js";
import { s3 } from "../../../../src/data/s3/index.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import type { Host } from "../../../../src/spec/host.js";
import { type S3ServerOptions, type S3TestServer, startS3Server } from "../../../../src/testing/s3/index.js";

export const MIB = 1024 ** 2;

/** The real host whose pauses between tries take no time, and whose clock can be moved. Limits of ten seconds and more stay. */
export interface TestHost extends Host {
  /** Added to the time of day, ms. */
  offsetMs: number;
  /** Pauses that were asked for, ms. */
  readonly pauses: number[];
}

export function testHost(): TestHost {
  const real = systemHost();
  const host: TestHost = {
    ...real,
    offsetMs: 0,
    pauses: [],
    now: () => real.now() + host.offsetMs,
    setTimer(delayMs, fire, options) {
      if (delayMs < 10_000) host.pauses.push(delayMs);
      return real.setTimer(delayMs < 10_000 ? 0 : delayMs, fire, options);
    },
  };
  return host;
}

export interface SetUp {
  readonly host: TestHost;
  readonly server: S3TestServer;
  readonly store: ArtifactStore;
  /** Where the store's attempts write. */
  readonly base: string;
  readonly options: { readonly host: TestHost };
}

/** A server and a store that uses it. */
export async function setUp(options: Partial<S3Options> = {}, serverOptions: Partial<S3ServerOptions> = {}): Promise<SetUp> {
  const host = testHost();
  const server = await startS3Server({ host, ...serverOptions });
  onTestFinished(() => server.close());
  const store = storeAt(server, options);
  return { host, server, store, base: store.workspace ?? "", options: { host } };
}

export const storeAt = (server: S3TestServer, options: Partial<S3Options> = {}): ArtifactStore =>
  s3({
    bucket: "test-bucket",
    endpoint: server.url,
    region: server.region,
    credentials: server.credentials,
    environment: () => undefined,
    ...options,
  });

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export const bytes = (text: string): { readonly bytes: Uint8Array } => ({ bytes: new TextEncoder().encode(text) });

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

export async function text(store: ArtifactStore, uri: string, host: Host): Promise<string> {
  return (await readAll(await store.read(uri, { host }))).toString("utf8");
}

const BLOCK = 64 * 1024;

/** Bytes of which no two blocks are the same, the same each time. */
export function noise(size: number, seed = 1): Buffer {
  const block = Buffer.from(
    Array.from({ length: 256 }, (_, index) => sha256(`${seed}/${index}`))
      .join("")
      .repeat(4),
  );
  const data = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at += BLOCK) {
    block.writeUInt32LE(at, 0);
    block.copy(data, at);
  }
  return data;
}

/** The data in pieces. */
export async function* inPieces(data: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < data.length; at += pieceBytes) yield data.subarray(at, at + pieceBytes);
}
