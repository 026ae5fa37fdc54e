import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { systemHost } from "../../../src/runtime/system-host.js";
import { type Arrived, type Loopback, loopback } from "../kit/loopback.js";

const real = systemHost();
/** The real host without its pauses. */
export const host = { ...real, setTimer: (ms: number, fire: () => void) => real.setTimer(ms < 10_000 ? 0 : ms, fire) };

export const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

export async function readAll(source: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

/** A gateway that has these contents by path, or answers as it likes. */
export const gateway = (
  contents: Readonly<Record<string, string | Buffer>> | ((request: Arrived, response: ServerResponse) => void),
): Promise<Loopback> =>
  loopback((request, response) => {
    if (typeof contents === "function") return contents(request, response);
    const body = contents[request.url];
    if (body === undefined) response.writeHead(404).end("not here");
    else response.writeHead(200, { "content-length": Buffer.byteLength(body) }).end(request.method === "HEAD" ? undefined : body);
  });
