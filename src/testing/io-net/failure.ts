/** An answer that is no success. */
export class IoNetFailure extends Error {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`io.net would answer ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** A refusal in one sentence. */
export const refused = (status: number, detail: string): IoNetFailure => new IoNetFailure(status, { detail });

/** One complaint about a field. */
export interface Complaint {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** A body or query that does not have the form it must have. */
export const unprocessable = (complaints: readonly Complaint[]): IoNetFailure => new IoNetFailure(422, { detail: complaints });
