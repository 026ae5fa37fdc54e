import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { createSdk, defineErrorMap, type SdkOptions } from "../../../src/kit/index.js";
import { makeCall, rejection } from "./make-call.js";

const errors = defineErrorMap([
  { name: "ThrottlingException", to: "BACKEND_RATE_LIMITED" },
  { name: "CredentialsProviderError", to: "BACKEND_AUTH_FAILED", effect: "none" },
]);
const wrap = (options: Partial<SdkOptions> = {}) => createSdk({ backend: "aws", errors, ...options });
const thrown = (name: string, fields: object = {}): Error => Object.assign(new Error(`${name} happened`), { name }, fields);

/** An SDK call that hangs until told to stop, and then throws an error of the SDK's own. */
const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(thrown("AbortError")), { once: true }));

describe("createSdk", () => {
  it("hands the answer on", async () => {
    expect(await wrap().write(makeCall(), "submit the job", async () => 7)).toBe(7);
  });

  it("repeats reads on the host's clock, and writes never", async () => {
    const call = makeCall();
    let tries = 0;
    const failing = async (): Promise<string> => {
      if (++tries < 3) throw thrown("ThrottlingException");
      return "here";
    };
    expect(await call.host.waitFor(wrap().read(call, "describe the jobs", failing), { limitMs: 60_000 })).toBe("here");
    expect(tries).toBe(3);
    tries = 0;
    expect(await rejection(wrap().write(call, "submit the job", failing))).toMatchObject({ code: "BACKEND_RATE_LIMITED", effect: "none" });
    expect(tries).toBe(1);
  });

  it("says unknown for a write that got no clear answer, none for a read", async () => {
    const broken = () => Promise.reject(thrown("ServerException", { $metadata: { httpStatusCode: 503 } }));
    expect(await rejection(wrap().write(makeCall(), "submit the job", broken))).toMatchObject({
      code: "BACKEND_UNAVAILABLE",
      effect: "unknown",
    });
    expect(await rejection(wrap({ retries: 0 }).read(makeCall(), "describe the jobs", broken))).toMatchObject({ effect: "none" });
    const noKey = () => Promise.reject(thrown("CredentialsProviderError"));
    expect(await rejection(wrap().write(makeCall(), "submit the job", noKey))).toMatchObject({
      code: "BACKEND_AUTH_FAILED",
      effect: "none",
    });
  });

  it("ends at the time limit and tells the SDK to stop", async () => {
    const call = makeCall();
    let stopped = false;
    const failed = rejection(
      wrap({ timeoutMs: 2_000 }).write(call, "submit the job", (signal) => {
        signal.addEventListener("abort", () => (stopped = true));
        return hanging(signal);
      }),
    );
    await call.host.advance(2_000);
    expect(await failed).toMatchObject({ code: "BACKEND_TIMEOUT", effect: "unknown", details: { by: "timeout" } });
    expect(stopped).toBe(true);
    expect(call.host.pendingTimers()).toEqual([]);
  });

  it("ends with the signal's reason on abort, whatever the SDK throws or if it does not listen", async () => {
    for (const work of [hanging, () => new Promise<never>(() => undefined)]) {
      const controller = new AbortController();
      const call = makeCall({ signal: controller.signal });
      const failed = rejection(wrap().read(call, "describe the jobs", work));
      await call.host.drain();
      controller.abort("stop");
      expect(await failed).toBe("stop");
    }
  });

  it("remembers within a verb call that something was carried out", async () => {
    const sdk = wrap({ retries: 0 });
    const call = makeCall();
    const denied = () => Promise.reject(thrown("CredentialsProviderError"));
    await sdk.write(call, "submit the job", async () => "done");
    expect(await rejection(sdk.read(call, "describe the jobs", denied))).toMatchObject({ code: "BACKEND_AUTH_FAILED", effect: "unknown" });
    expect(await rejection(sdk.read(makeCall(), "describe the jobs", denied))).toMatchObject({ effect: "none" });
  });

  it("takes secrets out of what the SDK says, and keeps an error thrown on the spot inside the promise", async () => {
    const sdk = wrap({ clean: (text) => text.replaceAll("hunter2", "[secret]") });
    const failed = sdk.write(makeCall(), "submit the job", () => {
      throw new Error("bad env hunter2");
    });
    const error = await rejection(failed);
    expect((error as Error).message).toBe("aws could not submit the job: bad env [secret]");
    expect(inspect(error, { depth: 9 })).not.toContain("hunter2");
  });
});
