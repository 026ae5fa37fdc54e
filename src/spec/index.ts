/** Plug contracts: everything that can be swapped. Types and version numbers only. */
export * from "./artifact-store.js";
export * from "./backend.js";
export * from "./call-context.js";
export * from "./capabilities.js";
export * from "./host.js";
export * from "./launch.js";
export * from "./policy.js";
export * from "./price-source.js";
export * from "./store.js";
export * from "./verifier.js";
