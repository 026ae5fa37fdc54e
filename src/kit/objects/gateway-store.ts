import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ArtifactStore, ObjectStat, ReadOptions, TransferOptions } from "../../spec/artifact-store.js";
import { checkedBytes } from "./checked-bytes.js";
import { readOnlyVerbs } from "./read-only.js";
import type { StoreWire } from "./send-request.js";
import { notFound, otherBytes, unavailable } from "./store-errors.js";
import type { StorePrices } from "./store-options.js";
import { readUrlObject, statUrlObject, type UrlObject } from "./url-object.js";

/** A network of content that is read through gateways, none of which is trusted. */
export interface GatewayStoreConfig {
  readonly scheme: string;
  /** Base addresses, tried in turn. */
  readonly gateways: readonly URL[];
  /** The path below a gateway, beginning with a slash. @throws INVALID_WORKLOAD */
  readonly pathOf: (uri: string) => string;
  /** The digest that the URI itself holds, if it holds one. */
  readonly digestOf: (uri: string) => string | undefined;
  readonly prices: StorePrices;
  readonly maxBytes: number;
  /** Objects up to this size are checked before a byte is given, so that another gateway can be tried. */
  readonly heldBytes: number;
  readonly wire: StoreWire;
}

/**
 * A read-only store whose gateways may lie: nothing is read, and no URL is given, without a digest to hold the bytes to. A gateway that
 * gave other bytes is asked last from then on.
 */
export function gatewayStore(config: GatewayStoreConfig): ArtifactStore {
  const { scheme, wire } = config;
  const liars = new Set<URL>();
  const gateways = (): readonly URL[] => [...config.gateways.filter((gateway) => !liars.has(gateway)), ...liars];

  /** Asks one gateway after the other until one has an answer. */
  const firstOf = async <T>(
    uri: string,
    options: TransferOptions,
    ask: (object: UrlObject, gateway: URL) => Promise<T | undefined>,
  ): Promise<T> => {
    const path = config.pathOf(uri);
    const failures: SchedulerError[] = [];
    for (const gateway of gateways()) {
      const object = { url: addressAt(gateway, path), shown: `${uri} at ${gateway.host}`, maxBytes: config.maxBytes };
      try {
        const answer = await ask(object, gateway);
        if (answer !== undefined) return answer;
        failures.push(notFound(object.shown));
      } catch (error) {
        if (options.signal?.aborted || !SchedulerError.isInstance(error)) throw error;
        if (error.code === "INPUT_DIGEST_MISMATCH") liars.add(gateway);
        failures.push(error);
      }
    }
    throw together(wire.subject, uri, failures);
  };

  return {
    id: wire.subject,
    schemes: [scheme],
    prices: config.prices,
    needsDigest: true,
    erasable: false,
    ...readOnlyVerbs(scheme),

    async read(uri, options) {
      const sha256 = expectedDigest(config, uri, options);
      return firstOf(uri, options, async (object) => openChecked(wire, object, sha256, config.heldBytes, options));
    },

    async readUrl(uri, _ttlMs, options) {
      expectedDigest(config, uri, options);
      return firstOf(uri, options, async (object) =>
        (await statUrlObject(wire, object, options)) === undefined ? undefined : object.url.href,
      );
    },

    async stat(uri, options): Promise<ObjectStat | undefined> {
      const sha256 = config.digestOf(uri);
      try {
        const { size } = await firstOf(uri, options, (object) => statUrlObject(wire, object, options));
        return { size, ...(sha256 === undefined ? {} : { sha256 }) };
      } catch (error) {
        if (SchedulerError.isInstance(error) && error.code === "ARTIFACT_NOT_FOUND") return undefined;
        throw error;
      }
    },
  };
}

const addressAt = (gateway: URL, path: string): URL => new URL(gateway.href.replace(/\/$/, "") + path);

/** The digest that the bytes are held to. @throws INVALID_WORKLOAD when there is none. */
function expectedDigest(config: GatewayStoreConfig, uri: string, options: ReadOptions): string {
  config.pathOf(uri);
  const own = config.digestOf(uri);
  const given = options.sha256?.toLowerCase();
  if (own !== undefined && given !== undefined && own !== given) throw otherBytes(uri, given, own);
  const digest = given ?? own;
  if (digest === undefined) {
    throw new SchedulerError(
      "INVALID_WORKLOAD",
      `${uri} comes through gateways that nobody vouches for: state its \`sha256\`, so that what they give can be checked.`,
      { details: { field: "sha256" } },
    );
  }
  return digest;
}

/** Small objects are read and checked at once; of larger ones the last piece is held back until all of them is right. */
async function openChecked(
  wire: StoreWire,
  object: UrlObject,
  sha256: string,
  heldBytes: number,
  options: ReadOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const checked = checkedBytes(await readUrlObject(wire, object, options), sha256, object.shown, options.host);
  const held: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const step = await checked.next();
    if (step.done === true) return piecesOf(held);
    held.push(step.value);
    size += step.value.byteLength;
    if (size > heldBytes) return piecesOf(held, checked);
  }
}

async function* piecesOf(held: readonly Uint8Array[], rest?: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  yield* held;
  if (rest !== undefined) yield* rest;
}

/** One error for what all gateways said. A lie weighs more than an absence, since it must not be asked for again without thought. */
function together(subject: string, uri: string, failures: readonly SchedulerError[]): SchedulerError {
  const lie = failures.find(({ code }) => code === "INPUT_DIGEST_MISMATCH" || code === "UNSUPPORTED_WORKLOAD");
  if (lie !== undefined) return lie;
  if (failures.every(({ code }) => code === "ARTIFACT_NOT_FOUND")) return notFound(uri);
  return unavailable(subject, `no gateway gave ${uri}: ${failures.map(({ message }) => message).join(" ")}`);
}
