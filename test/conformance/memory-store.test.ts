import { describe, expect, test } from "vitest";
import { storeConformance } from "../../src/conformance/store/index.js";
import { memoryStore } from "../../src/stores/memory/index.js";
import { createVirtualHost } from "../../src/testing/virtual-host.js";

storeConformance(
  { describe, expect, test },
  {
    kind: "memory",
    durable: false,
    create: async () => {
      const host = createVirtualHost();
      return { store: memoryStore(), host, advance: (ms) => host.advance(ms), close: async () => {} };
    },
  },
);
