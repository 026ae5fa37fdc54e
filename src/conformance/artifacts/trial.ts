import { joinUri } from "../../kit/transfer/index.js";
import type { ErrorCode } from "../../model/errors/codes.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ArtifactStore, PartedUploads, ReadOptions, WriteGrant, WriteLimits } from "../../spec/artifact-store.js";
import type { Host } from "../../spec/host.js";
import { ClauseFailure, must, present, shown } from "../clause.js";
import type { ConformanceExpect } from "../runner.js";
import type { Opened } from "../suite.js";
import type { ArtifactConformanceSetup, ArtifactsUnderTest } from "./setup.js";

/** How long URLs of the cases live, ms. */
export const URL_MS = 60_000;

/** One case's store, with the phrases that cases are written in. */
export class ArtifactTrial implements Opened {
  readonly setup: ArtifactConformanceSetup;
  readonly expect: ConformanceExpect;
  readonly store: ArtifactStore;
  readonly host: Host;
  readonly options: ReadOptions;
  readonly #underTest: ArtifactsUnderTest;

  constructor(setup: ArtifactConformanceSetup, underTest: ArtifactsUnderTest, expect: ConformanceExpect) {
    this.setup = setup;
    this.expect = expect;
    this.store = underTest.store;
    this.host = underTest.host;
    this.options = { host: underTest.host };
    this.#underTest = underTest;
  }

  readonly finish = (): Promise<void> => this.#underTest.close();

  /** The URI of a name below the store's workspace. What is special in it is encoded. */
  uri(name: string): string {
    return joinUri(present(this.store.workspace, "A store that writes has a `workspace`."), name);
  }

  async put(name: string, content: string | Uint8Array): Promise<string> {
    const uri = this.uri(name);
    await this.store.put(uri, { bytes: bytesOf(content) }, this.options);
    return uri;
  }

  /** The whole object. */
  async get(uri: string, options: ReadOptions = this.options): Promise<Uint8Array> {
    return wholeOf(await this.store.read(uri, options));
  }

  /** Fails unless the object holds this. */
  async holds(uri: string, content: string | Uint8Array, what: string): Promise<void> {
    const [found, wanted] = [await this.get(uri), bytesOf(content)];
    must(Buffer.compare(found, wanted) === 0, `${what}: ${uri} holds ${found.length} bytes that are not the ${wanted.length} expected.`);
  }

  /** Fails unless the call rejects with this code. */
  async refuses(code: ErrorCode, call: () => Promise<unknown>, what: string): Promise<void> {
    const error = await rejection(call, what);
    must(SchedulerError.isInstance(error) && error.code === code, `${what} has to reject with ${code}, not with ${shown(String(error))}.`);
  }

  /** Fails unless the call rejects with exactly this. */
  async rejectsWith(reason: unknown, call: () => Promise<unknown>, what: string): Promise<void> {
    const error = await rejection(call, what);
    must(error === reason, `${what} has to reject with ${shown(String(reason))}, not with ${shown(String(error))}.`);
  }

  async grant(uri: string, limits: WriteLimits = {}): Promise<WriteGrant> {
    const grantWrite = present(this.store.grantWrite, "`enforces` is declared, so the store needs a `grantWrite`.");
    return grantWrite(uri, URL_MS, limits, this.options);
  }

  get parted(): PartedUploads {
    return present(this.store.parted, "`parted` is declared, so the store needs `parted`.");
  }

  fetchUrl(url: string): Promise<Uint8Array | undefined> {
    return (this.#underTest.fetchUrl ?? fetchUrl)(url);
  }

  sendUrl(url: string, content: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<boolean> {
    return (this.#underTest.sendUrl ?? sendUrl)(url, bytesOf(content), headers);
  }

  elapse(ms: number): Promise<void> {
    return present(this.#underTest.elapse, "`signed` URLs end, so `create` has to answer an `elapse`.")(ms);
  }
}

async function rejection(call: () => Promise<unknown>, what: string): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  throw new ClauseFailure(`${what} has to reject, and did not.`);
}

/** Text as UTF-8, bytes as they are. */
export const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

export async function wholeOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  // Copied: a store may use its buffers again.
  for await (const piece of source) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

/** Bytes of which no two blocks are alike. */
export function binary(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + (at >> 16)) % 256;
  return bytes;
}

async function fetchUrl(url: string): Promise<Uint8Array | undefined> {
  const response = await fetch(url);
  const body = new Uint8Array(await response.arrayBuffer());
  return response.ok ? body : undefined;
}

async function sendUrl(url: string, bytes: Uint8Array, headers: Readonly<Record<string, string>>): Promise<boolean> {
  const response = await fetch(url, { method: "PUT", body: new Uint8Array(bytes), headers });
  await response.arrayBuffer();
  return response.ok;
}
