import type { ServerResponse } from "node:http";
import { YagnaFailure } from "./failure.js";
import type { YagnaAnswer } from "./service.js";

/** What to do with a response. */
export type Outcome = YagnaAnswer | "cut" | "garbage" | ((response: ServerResponse) => void);

/** Sends what became of a request; nothing to a client that has gone. */
export function send(response: ServerResponse, outcome: Outcome): void {
  if (response.destroyed) return;
  if (outcome === "cut") response.destroy();
  else if (outcome === "garbage") response.writeHead(200, { "content-type": "application/json" }).end("<html>");
  else if (typeof outcome === "function") outcome(response);
  else if (outcome.body === undefined) response.writeHead(outcome.status).end();
  else if (outcome.body instanceof YagnaFailure) sendFailure(response, outcome.body);
  else response.writeHead(outcome.status, { "content-type": "application/json" }).end(JSON.stringify(outcome.body));
}

function sendFailure(response: ServerResponse, { status, body, contentType }: YagnaFailure): void {
  response.writeHead(status, { "content-type": contentType }).end(typeof body === "string" ? body : JSON.stringify(body));
}

/** The body as JSON; nothing where there is none. Throws a refusal. */
export function parseBody(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new YagnaFailure(400, { message: `Json deserialize error: ${String(error)}` });
  }
}
