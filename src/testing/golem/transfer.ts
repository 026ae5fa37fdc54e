import type { FlexValue } from "./flexbuffer-reader.js";
import { GsbError, type GsbServices } from "./gsb.js";
import type { ProviderHabits } from "./provider-options.js";
import { sha3Of256Bits } from "./sha3.js";

/** Why a transfer failed, as the exe-unit words it. */
export class TransferError extends Error {}

/** Size of a piece, and how many are under way at a time, as gftp has it. */
const PIECE_BYTES = 40 * 1024;
const PIECES_UNDER_WAY = 8;

/** What a transfer goes through. */
export interface TransferRoute {
  readonly gsb: GsbServices;
  readonly habits: ProviderHabits;
}

/** Reads what is at an address: `gftp:` of the requestor, or `http(s):`. */
export async function fetchContent(url: string, route: TransferRoute): Promise<Uint8Array> {
  await obstruct(route);
  const gftp = addressOf(url);
  if (gftp !== undefined) return await worded(() => fetchPieces(gftp, route.gsb));
  if (!/^https?:/.test(url)) throw new TransferError(`Unsupported scheme: ${url}`);
  const response = await fetch(url).catch((error: unknown) => fail(`Transfer error: ${String(error)}`));
  if (!response.ok) throw new TransferError(`HTTP error: status ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Writes to an address: `gftp:` of the requestor, or `http(s):` by PUT. */
export async function sendContent(url: string, content: Uint8Array, route: TransferRoute): Promise<void> {
  await obstruct(route);
  const gftp = addressOf(url);
  if (gftp !== undefined) return await worded(() => sendPieces(gftp, content, route));
  if (!/^https?:/.test(url)) throw new TransferError(`Unsupported scheme: ${url}`);
  const response = await fetch(url, { method: "PUT", body: new Uint8Array(content) }).catch((error: unknown) =>
    fail(`Transfer error: ${String(error)}`),
  );
  if (!response.ok) throw new TransferError(`HTTP error: status ${response.status}`);
}

/** Where the requestor's service for a `gftp:` address listens. */
function addressOf(url: string): string | undefined {
  const match = /^gftp:\/\/0x[0-9a-f]{40}\/(.+)$/.exec(url);
  return match?.[1] === undefined ? undefined : `/public/gftp/${match[1]}`;
}

async function obstruct({ habits }: TransferRoute): Promise<void> {
  if (habits.transfers === "stall") await new Promise<never>(() => undefined);
  if (habits.transfers === "fail") throw new TransferError("Transfer error: Gftp error: connection timed out");
}

async function fetchPieces(on: string, gsb: GsbServices): Promise<Uint8Array> {
  const size = Number(field(await gsb.call(on, "GetMetadata", {}), "fileSize"));
  const content = new Uint8Array(size);
  await inWindows(size, PIECES_UNDER_WAY, async (offset) => {
    const answer = await gsb.call(on, "GetChunk", { offset, size: Math.min(PIECE_BYTES, size - offset) });
    const piece = field(answer, "content");
    if (!(piece instanceof Uint8Array)) throw new GsbError("a chunk has no content");
    content.set(piece.subarray(0, size - offset), offset);
  });
  return content;
}

async function sendPieces(on: string, content: Uint8Array, { gsb, habits }: TransferRoute): Promise<void> {
  await inWindows(
    content.length,
    PIECES_UNDER_WAY,
    async (offset) => {
      await gsb.call(on, "UploadChunk", { chunk: { offset, content: content.slice(offset, offset + PIECE_BYTES) } });
    },
    habits.chunkOrder === "reversed",
  );
  await gsb.call(on, "UploadFinished", { hash: sha3Of256Bits(content) });
}

/** Handles the pieces of a size, so many at a time. */
async function inWindows(size: number, width: number, handle: (offset: number) => Promise<void>, reversed = false): Promise<void> {
  const offsets = Array.from({ length: Math.ceil(size / PIECE_BYTES) }, (_, index) => index * PIECE_BYTES);
  for (let start = 0; start < offsets.length; start += width) {
    const window = offsets.slice(start, start + width);
    await Promise.all((reversed ? window.toReversed() : window).map(handle));
  }
}

async function worded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof GsbError ? new TransferError(`Transfer error: Gftp error: ${error.message}`) : error;
  }
}

const field = (value: FlexValue, name: string): FlexValue | undefined =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
    ? (value as Readonly<Record<string, FlexValue>>)[name]
    : undefined;

function fail(message: string): never {
  throw new TransferError(message);
}
