export { artifactStoreConformance } from "./artifact-conformance.js";
export type { ArtifactConformanceSetup, ArtifactsUnderTest } from "./setup.js";
