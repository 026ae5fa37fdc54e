import { defineConfig } from "vitest/config";
import { alias } from "./vitest.config.js";

// Tests against real accounts. They run only when asked for, one after the other, and each states a cap on what it may spend.
export default defineConfig({
  resolve: { alias },
  test: { include: ["test/live/**/*.test.ts"], fileParallelism: false, retry: 0, testTimeout: 30 * 60_000 },
});
