import type { ServerResponse } from "node:http";
import type { SimulatedContainer } from "./container.js";

/** Sends what was printed so far and then follows. Never ends by itself, as the real stream does not. */
export function streamLog(response: ServerResponse, container: SimulatedContainer, stream: "stdout" | "stderr"): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" }).flushHeaders();
  let sent = 0;
  const more = (): void => {
    for (const line of container.log.slice(sent)) {
      if (line.stream === stream) response.write(`data: ${line.text}\n\n`);
    }
    sent = container.log.length;
  };
  container.watchers.add(more);
  response.on("close", () => container.watchers.delete(more));
  more();
}
