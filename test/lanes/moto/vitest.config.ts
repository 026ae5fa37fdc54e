import { defineConfig } from "vitest/config";
import { alias } from "../../../vitest.config.js";

// Needs a moto server, which scripts/moto-lane.sh starts; the file's ending keeps it out of the other runs.
// biome-ignore lint/style/noDefaultExport: vitest reads it from there.
export default defineConfig({
  resolve: { alias },
  test: { include: ["test/lanes/moto/**/*.lane.ts"], fileParallelism: false, retry: 0, testTimeout: 60_000 },
});
