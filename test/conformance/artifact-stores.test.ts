import { describe, expect, test } from "vitest";
import { artifactStoreConformance } from "../../src/conformance/artifacts/index.js";
import { fileSetup, memorySetup, s3Setup } from "./artifact-stores.js";

for (const setup of [memorySetup(), fileSetup(), s3Setup()]) artifactStoreConformance({ describe, expect, test }, setup);
