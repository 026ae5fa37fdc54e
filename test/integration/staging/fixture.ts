import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Scheduler, type SchedulerOptions } from "spillway";
import { s3 } from "spillway/data/s3";
import { memoryStore } from "spillway/stores/memory";
import { type MarketplaceOptions, marketplace, startS3Server } from "spillway/testing";
import { onTestFinished } from "vitest";
import { systemHost } from "../../../src/runtime/system-host.js";
import { temporaryDirectory } from "../../support/temporary.js";

const host = systemHost();

/** A scheduler, a market of bare containers, and the bucket through which files go: everything real but the market's nodes. */
export async function staged(
  options: { readonly market?: Partial<MarketplaceOptions>; readonly scheduler?: Partial<SchedulerOptions> } = {},
) {
  const folder = temporaryDirectory("staged");
  const server = await startS3Server({ host });
  const artifacts = s3({
    bucket: "test-bucket",
    endpoint: server.url,
    region: server.region,
    credentials: server.credentials,
    conditionalWrites: true,
  });
  const market = marketplace({
    id: "containers",
    execute: "process",
    staging: "wrapper",
    workFolder: join(folder, "machines"),
    providers: [{ name: "acme", nodes: 3, startMs: 0 }],
    capabilities: { pollMs: { least: 100, most: 500 } },
    ...options.market,
  });
  const store = memoryStore();
  const scheduler = new Scheduler({ backends: [market], store, artifacts: [artifacts], grace: 200, ...options.scheduler });
  onTestFinished(async () => {
    await scheduler.close({ mode: "cancel", timeout: 10_000 });
    await market.close();
    await server.close();
  });
  return {
    folder,
    server,
    artifacts,
    market,
    store,
    scheduler,
    keys: () => [...server.objects().keys()],
    text: (key: string) => Buffer.from(server.objects().get(key)?.bytes ?? new Uint8Array()).toString(),
    /** A file of this machine. */
    file: (name: string, content: string) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      return path;
    },
    /** Lines that commands have appended to a file outside of their machines. */
    lines: (name: string) => (existsSync(join(folder, name)) ? readFileSync(join(folder, name), "utf8").split("\n").filter(Boolean) : []),
  };
}

/** A public job whose command is a line of shell. */
export const shell = (line: string, more: object = {}) =>
  ({
    command: ["sh", "-c", line],
    data: { sensitivity: "public" as const },
    expectedDuration: "1s",
    timeout: "1m",
    verification: { kind: "none" as const },
    ...more,
  }) as const;
