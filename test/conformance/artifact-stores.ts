/** Setups of the artifact suite for the built-in stores. */
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ArtifactConformanceSetup, ArtifactsUnderTest } from "../../src/conformance/artifacts/index.js";
import { fileStore } from "../../src/data/file/index.js";
import { s3 } from "../../src/data/s3/index.js";
import { systemHost } from "../../src/runtime/system-host.js";
import { memoryArtifacts } from "../../src/testing/memory-artifacts.js";
import { startS3Server } from "../../src/testing/s3/index.js";
import { createVirtualHost } from "../../src/testing/virtual-host.js";

export const memorySetup = (): ArtifactConformanceSetup => ({
  kind: "memory",
  urls: "none",
  create: async () => ({ store: memoryArtifacts(), host: createVirtualHost(), close: async () => {} }),
});

export const fileSetup = (): ArtifactConformanceSetup => ({
  kind: "file",
  urls: "plain",
  create: async () => {
    const directory = realpathSync(mkdtempSync(join(tmpdir(), "spillway-conformance-")));
    return {
      store: fileStore({ directory: join(directory, "artifacts") }),
      host: systemHost(),
      fetchUrl: async (url) => readFileSync(fileURLToPath(url)),
      sendUrl: async (url, bytes) => {
        mkdirSync(dirname(fileURLToPath(url)), { recursive: true });
        writeFileSync(fileURLToPath(url), bytes);
        return true;
      },
      close: async () => rmSync(directory, { recursive: true, force: true }),
    };
  },
});

/** S3 against the server of `spillway/testing`; both on one clock that can be moved. */
export const s3Setup = (change: (underTest: ArtifactsUnderTest) => ArtifactsUnderTest = (same) => same): ArtifactConformanceSetup => ({
  kind: "s3",
  urls: "signed",
  enforces: ["sha256", "once"],
  versions: true,
  parted: true,
  create: async () => {
    const real = systemHost();
    let offsetMs = 0;
    const host = { ...real, now: () => real.now() + offsetMs };
    const server = await startS3Server({ host, pageSize: 10 });
    const { url: endpoint, region, credentials } = server;
    const store = s3({
      bucket: "test-bucket",
      endpoint,
      region,
      credentials,
      conditionalWrites: true,
      digestMetadata: true,
      partBytes: 5 * 1024 ** 2,
      environment: () => undefined,
    });
    return change({
      store,
      host,
      elapse: async (ms) => {
        offsetMs += ms;
      },
      close: () => server.close(),
    });
  },
});
