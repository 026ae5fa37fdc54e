import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { GrpcFailure, STATUS } from "./grpc-failure.js";
import type { EntriesRequest } from "./log-book.js";

/** gRPC's codes as REST says them. */
const REST: Readonly<Record<number, readonly [status: number, word: string]>> = {
  [STATUS.invalidArgument]: [400, "INVALID_ARGUMENT"],
  [STATUS.permissionDenied]: [403, "PERMISSION_DENIED"],
  [STATUS.unauthenticated]: [401, "UNAUTHENTICATED"],
  [STATUS.resourceExhausted]: [429, "RESOURCE_EXHAUSTED"],
};

/** The REST interface of Cloud Logging, of which only `entries.list` is there. */
export class LoggingServer {
  readonly #server: Server;

  /** @param list answers a request, or throws a GrpcFailure */
  constructor(list: (request: EntriesRequest) => object) {
    this.#server = createServer((request, response) => {
      const send = (status: number, body: object): void => {
        response.writeHead(status, { "content-type": "application/json; charset=UTF-8" }).end(JSON.stringify(body));
      };
      read(request).then(
        (body) => {
          if (request.method !== "POST" || request.url !== "/v2/entries:list") return send(404, {});
          try {
            send(200, list(body));
          } catch (error) {
            const [code, status] = (error instanceof GrpcFailure ? REST[error.code] : undefined) ?? [500, "INTERNAL"];
            send(code, { error: { code, message: error instanceof Error ? error.message : "", status } });
          }
        },
        () => send(400, {}),
      );
    });
  }

  /** Listens on a free port of loopback. Answers its address. */
  async listen(): Promise<string> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function read(request: IncomingMessage): Promise<EntriesRequest> {
  let text = "";
  for await (const part of request) text += String(part);
  return JSON.parse(text) as EntriesRequest;
}
