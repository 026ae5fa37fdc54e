import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = fileURLToPath(new URL("./src/", import.meta.url));

// Tests import the package by its name, as a user does, and run the sources. test/package and test/docs cover the built package.
export const alias = [
  { find: /^spillway$/, replacement: `${source}index.ts` },
  { find: /^spillway\/(.+)$/, replacement: `${source}$1/index.ts` },
];

const shared = { pool: "forks", retry: 0, testTimeout: 20_000 } as const;

export default defineConfig({
  test: {
    maxWorkers: "100%",
    projects: [
      {
        resolve: { alias },
        test: {
          ...shared,
          name: "source",
          include: ["test/**/*.test.ts"],
          exclude: ["test/{package,docs,live}/**"],
          setupFiles: ["test/setup/loopback-only.ts"],
        },
      },
      {
        resolve: { alias },
        test: {
          name: "types",
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ["test/types/**/*.test-d.ts"],
            tsconfig: "./tsconfig.json",
            ignoreSourceErrors: true,
          },
        },
      },
      {
        resolve: { alias },
        test: {
          ...shared,
          name: "package",
          include: ["test/{package,docs}/**/*.test.ts"],
          globalSetup: ["test/setup/install-package.ts"],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
