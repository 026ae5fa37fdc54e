/** What goes wrong with a request to a simulated service that speaks HTTP. */
export type HttpFault =
  /** No answer ever comes. `effect`: the request was carried out. */
  | { readonly kind: "silence"; readonly effect: boolean }
  /** An HTTP status. `effect`: the request was carried out all the same. Default body: one such as the service gives with an error. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly effect: boolean;
    }
  /** It is carried out, and the answer is no JSON. */
  | { readonly kind: "garbage" }
  /** It is carried out, and the answer comes late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is cut. `effect`: after the request was carried out. */
  | { readonly kind: "cut"; readonly effect: boolean };
