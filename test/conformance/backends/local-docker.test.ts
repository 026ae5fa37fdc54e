import { describe, expect, test } from "vitest";
import { backendConformance } from "../../../src/conformance/backend/index.js";
import { fakeDockerIn } from "../../support/docker.js";
import { localSetup } from "./local-setup.js";

// No engine is needed: a stand-in for client and engine runs the commands, see test/support/fake-docker.sh.
backendConformance(
  { describe, expect, test },
  localSetup({
    prefix: "",
    image: "registry.example/conformance:1",
    options: { runtime: "docker" },
    world: (directory) => ({ dockerPath: fakeDockerIn(directory).path }),
  }),
);
