/** An error as the service words it. */
export class ServiceFailure extends Error {
  readonly status: number;
  /** Goes into `x-amzn-errortype`. */
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const clientFailure = (message: string): ServiceFailure => new ServiceFailure(400, "ClientException", message);
