import type { ServerResponse } from "node:http";
import type { TimerHandle } from "../../spec/host.js";
import type { Batch } from "./batch.js";
import type { YagnaWorld } from "./world.js";

/** yagna keeps a silent stream alive so often, ms. */
const PING_MS = 1_000;

function open(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" }).flushHeaders();
}

/** A stream ends with its connection only; until then there are pings. */
function keepAlive(response: ServerResponse, world: YagnaWorld, onClose: () => void): void {
  let timer: TimerHandle;
  const ping = (): void => {
    response.write(":ping\n\n");
    timer = world.after(PING_MS, ping);
  };
  timer = world.after(PING_MS, ping);
  response.on("close", () => {
    timer.cancel();
    onClose();
  });
}

/**
 * Events of a batch from its beginning. Goes on, with pings, after its end. `cut`: only the first event, and then nothing of the
 * connection is left.
 */
export function streamBatch(response: ServerResponse, batch: Batch, world: YagnaWorld, cut: boolean): void {
  open(response);
  let sent = 0;
  const more = (): void => {
    for (const { id, data } of batch.events.slice(sent)) {
      response.write(`event: runtime\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
      sent += 1;
      if (!cut) continue;
      response.destroy();
      return;
    }
  };
  keepAlive(response, world, batch.bell.listen(more));
  more();
}

/** Offers of a scan, and then nothing but pings. */
export function streamOffers(response: ServerResponse, offers: readonly object[], world: YagnaWorld): void {
  open(response);
  for (const offer of offers) response.write(`event: offer\ndata: ${JSON.stringify(offer)}\n\n`);
  keepAlive(response, world, () => undefined);
}
