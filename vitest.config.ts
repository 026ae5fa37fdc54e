import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = fileURLToPath(new URL("./src/", import.meta.url));

export default defineConfig({
  resolve: {
    // Tests import the package by its name, as a user does, and run the sources. test/package covers the built files.
    alias: [
      { find: /^spillway$/, replacement: `${source}index.ts` },
      { find: /^spillway\/(.+)$/, replacement: `${source}$1/index.ts` },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/live/**", "**/node_modules/**"],
    setupFiles: ["test/setup/loopback-only.ts"],
    pool: "forks",
    retry: 0,
    testTimeout: 20_000,
    typecheck: { enabled: false },
  },
});
