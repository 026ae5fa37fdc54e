import { existsSync } from "node:fs";
import { defineConfig } from "tsup";
import { discoverEntries, root } from "./scripts/entries.mjs";

// JavaScript only: declarations come from scripts/build-types.mjs, see docs/decisions/0001-build.md.
const entry = Object.fromEntries(
  discoverEntries()
    .filter(({ source }) => existsSync(root + source))
    .map(({ name, source }) => [name, source]),
);

export default defineConfig({
  entry,
  format: ["esm", "cjs"],
  outDir: "dist",
  target: "node20",
  platform: "node",
  dts: false,
  clean: true,
  treeshake: false,
  sourcemap: false,
  // Nothing of node_modules is copied into the package: dependencies are installed, SDKs are the user's.
  skipNodeModulesBundle: true,
  // CJS has no address of the module, but a variable that serves as well.
  esbuildOptions(options, { format }) {
    if (format === "cjs") options.define = { ...options.define, "import.meta.url": "__filename" };
  },
  silent: true,
});
