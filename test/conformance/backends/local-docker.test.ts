import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import { fakeDockerIn } from "../../support/docker.js";
import { localSetup } from "./local-setup.js";

// No engine is needed: a stand-in for the client runs the commands, see test/support/fake-docker.mjs.
const state = mkdtempSync(join(tmpdir(), "spillway-docker-"));
const docker = fakeDockerIn(state);
afterAll(() => rmSync(state, { recursive: true, force: true }));

backendConformance(
  { describe, expect, test },
  localSetup({ prefix: "", image: "registry.example/conformance:1", options: { runtime: "docker", dockerPath: docker.path } }),
);
