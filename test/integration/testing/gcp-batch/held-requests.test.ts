import { protos } from "@google-cloud/batch";
import { grpc } from "google-gax";
import { expect, onTestFinished, test } from "vitest";
import { startGcpBatchSimulator } from "../../../../src/testing/gcp-batch/index.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";
import { eventually } from "../../../support/eventually.js";

const { ListJobsRequest, ListJobsResponse } = protos.google.cloud.batch.v1;

test("a request is held by its name until its answer has gone, or until its client has given it up", async () => {
  const host = createVirtualHost();
  const simulator = await startGcpBatchSimulator({ host });
  const client = new grpc.Client(simulator.address, grpc.credentials.createInsecure());
  onTestFinished(async () => {
    client.close();
    await simulator.close();
  });
  const parent = `projects/${simulator.project}/locations/${simulator.location}`;
  const list = (requestId: string) => {
    const metadata = new grpc.Metadata();
    metadata.set("x-request-id", requestId);
    let cancel = (): void => undefined;
    const code = new Promise<number>((resolve) => {
      const call = client.makeUnaryRequest(
        "/google.cloud.batch.v1.BatchService/ListJobs",
        (request: object) => Buffer.from(ListJobsRequest.encode(request).finish()),
        (bytes: Buffer) => ListJobsResponse.decode(bytes),
        { parent },
        metadata,
        (error) => resolve(error?.code ?? grpc.status.OK),
      );
      cancel = () => call.cancel();
    });
    return { code, cancel };
  };

  simulator.inject({ operation: "listJobs", fault: { kind: "silence", effect: false } });
  simulator.inject({ operation: "listJobs", fault: { kind: "slow", ms: 5_000 }, times: 2 });
  const unanswered = list("unanswered");
  await eventually(() => simulator.isHeld("unanswered"));
  const givenUp = list("given-up");
  await eventually(() => simulator.isHeld("given-up"));
  const patient = list("patient");
  expect([simulator.heldRequests, simulator.isHeld("patient")]).toEqual([2, false]);
  await eventually(() => simulator.isHeld("patient"));

  unanswered.cancel();
  givenUp.cancel();
  expect([await unanswered.code, await givenUp.code]).toEqual([grpc.status.CANCELLED, grpc.status.CANCELLED]);
  await eventually(() => simulator.heldRequests === 1);
  expect(["unanswered", "given-up", "patient"].map((id) => simulator.isHeld(id))).toEqual([false, false, true]);

  await host.advance(5_000);
  expect(await patient.code).toBe(grpc.status.OK);
  expect([simulator.heldRequests, simulator.isHeld("patient")]).toEqual([0, false]);
  expect(await list("undisturbed").code).toBe(grpc.status.OK);
});
