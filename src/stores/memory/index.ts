/** The store that forgets: for tests, free backends, and work that may be lost. */
export { type MemoryStore, type MemoryStoreOptions, memoryStore } from "./memory-store.js";
