import type { ErrorCode } from "../../model/errors/codes.js";
import type { KubeEvent } from "./wire.js";

/** What Kubernetes' events tell of a container that is not up. */
export type Trouble =
  | { readonly kind: "none" }
  /** Its command has begun, whatever became of it. */
  | { readonly kind: "began"; readonly message?: string }
  | { readonly kind: "hopeless"; readonly reason: ErrorCode; readonly message: string };

/** Words of a registry that is busy, or out of reach. Another provider, at another address, may be served. */
const BUSY = /toomanyrequests|too many requests|rate limit|\b429\b|timeout|timed out|i\/o|connection (reset|refused)|temporary failure/i;
/** Words of events about images. */
const IMAGE = /\bimage\b|\bpull/i;

/** The last word of the events: what came earlier may have been overcome. */
export function troubleOf(events: readonly KubeEvent[]): Trouble {
  return events.reduce<Trouble>((before, event) => verdictOf(event) ?? before, { kind: "none" });
}

function verdictOf({ reason, note }: KubeEvent): Trouble | undefined {
  const text = note ?? "";
  switch (reason) {
    case "Started":
      return { kind: "began" };
    case "Pulling":
    case "Pulled":
    case "Scheduled":
      return { kind: "none" };
    case "BackOff":
      return IMAGE.test(text) && !/restarting/i.test(text)
        ? undefined
        : { kind: "began", message: "The container exits and is started again." };
    case "FailedScheduling":
      return { kind: "hopeless", reason: "PROVISIONING_FAILED", message: "The provider has no node for what it bid for." };
    case "Failed":
    case "ErrImagePull":
    case "ImagePullBackOff":
    case "InspectFailed":
      return IMAGE.test(text) || reason !== "Failed" ? pullFailure(text) : undefined;
    default:
      return undefined;
  }
}

const pullFailure = (text: string): Trouble =>
  BUSY.test(text)
    ? {
        kind: "hopeless",
        reason: "PROVISIONING_FAILED",
        message: "The provider could not fetch the image: its registry was busy or out of reach.",
      }
    : {
        kind: "hopeless",
        reason: "IMAGE_PULL_FAILED",
        message: "The provider could not fetch the image: check its name, and the registry login.",
      };
