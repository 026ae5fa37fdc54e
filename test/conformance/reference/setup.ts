import { type BackendConformanceSetup, type BackendUnderTest, FAULTS } from "../../../src/conformance/backend/index.js";
import type { Backend } from "../../../src/spec/backend.js";
import type { Capabilities } from "../../../src/spec/capabilities.js";
import { createVirtualHost, type VirtualHost } from "../../../src/testing/virtual-host.js";
import { ReferenceBackend, referenceCapabilities } from "./backend.js";
import { launches } from "./commands.js";
import { ReferenceService } from "./service.js";
import { WireFaults } from "./wire.js";

/** The reference backend with everything that a saboteur may want to get hold of. */
export interface ReferenceUnderTest extends BackendUnderTest {
  readonly host: VirtualHost;
  readonly service: ReferenceService;
  readonly faults: WireFaults;
  readonly another: () => Promise<Backend>;
}

export function createReference(staging: Capabilities["staging"] = "native"): ReferenceUnderTest {
  const host = createVirtualHost();
  const service = new ReferenceService(host);
  const faults = new WireFaults();
  return {
    backend: new ReferenceBackend(service, faults, staging),
    another: async () => new ReferenceBackend(service, faults, staging),
    host,
    service,
    faults,
    namespace: { id: "ourown1", secret: host.randomHex(32) },
    advance: (ms) => host.advance(ms),
    ledger: () => service.ledger(),
    openCount: () => service.openCount(),
    received: async (key) =>
      service.started.filter((spec) => spec.key === key).map(({ argv, env, urls }) => ({ args: argv.slice(1), env, urls })),
    publish: async (content) => service.publish(content),
    close: async () => {},
  };
}

/** The setup of the reference backend, perhaps spoilt. */
export const referenceSetup = (
  change: (underTest: ReferenceUnderTest) => BackendUnderTest = (same) => same,
  staging: Capabilities["staging"] = "native",
): BackendConformanceSetup => ({
  kind: "reference",
  capabilities: referenceCapabilities(staging),
  create: async () => change(createReference(staging)),
  demand: { cpu: 1, memoryMiB: 1_024, diskMiB: 1_024, image: true, interruptible: true, maxLifetimeMs: 14_400_000 },
  launches,
  image: "registry.example/conformance:1",
  partial: true,
  enforcesTimeout: true,
  faults: FAULTS,
});
