/** An answer that is no success. */
export class YagnaFailure extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly contentType: string;

  constructor(status: number, body: unknown, contentType = "application/json") {
    super(`yagna would answer ${status}`);
    this.status = status;
    this.body = body;
    this.contentType = contentType;
  }
}

/** A refusal as market and activity word it. */
export const refused = (status: number, message: string): YagnaFailure => new YagnaFailure(status, { message });

/** A refusal of an allocation, as a problem document. */
export const allocationProblem = (instance: string, detail: string): YagnaFailure =>
  new YagnaFailure(
    400,
    {
      type: "/payment-api/v1/allocations/validation-error",
      title: "Allocation validation error",
      instance: `/payment-api/v1/allocations/validation-error/${instance}`,
      detail,
    },
    "application/problem+json",
  );
