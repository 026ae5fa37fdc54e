import { BatchServiceClient } from "@google-cloud/batch";
import { GoogleAuth, googleAuthLibrary, grpc } from "google-gax";
import { type BatchClient, gcpBatch } from "../../src/backends/gcp-batch/index.js";
import type { MonitoredBackend } from "./monitored.js";
import { GCP_PLACE } from "./simulated-gcp-batch.js";
import { countUnderWay } from "./under-way.js";

/** Google Cloud Batch through the real SDK. 15,000 reads a minute and region are allowed; the goal is half of that, 125 calls a second. */
export const monitoredGcpBatch: MonitoredBackend = {
  name: "gcp-batch",
  mostCallsPerSecond: 125,
  async open(port) {
    const auth = new GoogleAuth({ authClient: new googleAuthLibrary.PassThroughClient() });
    const real = new BatchServiceClient({ apiEndpoint: "127.0.0.1", port, sslCreds: grpc.credentials.createInsecure(), auth });
    const { counted, atRest } = countUnderWay();
    const client: BatchClient = {
      initialize: () => counted(() => real.initialize()),
      createJob: (...request) => counted(() => real.createJob(...request)),
      getJob: (...request) => counted(() => real.getJob(...request)),
      getTask: (...request) => counted(() => real.getTask(...request)),
      listJobs: (...request) => counted(() => real.listJobs(...request)),
      deleteJob: (...request) => counted(() => real.deleteJob(...request)),
      close: () => real.close(),
    };
    const shape = { machineType: "n4-standard-2", provisioning: "spot", cpu: 2, memory: "8GiB", usdPerHour: 0.04 } as const;
    const backend = gcpBatch({ ...GCP_PLACE, shapes: [shape], client });
    return { backend, atRest, close: () => real.close() };
  },
};
