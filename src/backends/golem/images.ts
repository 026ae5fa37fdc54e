import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { GolemImage, ResolvedOptions, WorkloadOptions } from "./options.js";
import type { SdkDemand } from "./worker/messages.js";

/** An image as the SDK is told of it. */
export type SdkImage = Pick<SdkDemand["workload"], "imageTag" | "imageHash" | "imageUrl">;

const PREFIX = "gvmi:";
const HASH = /^sha3:([0-9a-f]{56})$/i;
const FILE = /^(https?:\/\/\S+)#sha3:([0-9a-f]{56})$/i;
const TAG = /^[a-z0-9][\w.-]*(\/[\w.-]+)?:[\w.-]+$/i;

/**
 * Which GVMI image an image of a workload stands for: what the workload's `backendOptions.golem.image` names, what the option `images` says, or
 * itself if it is written `gvmi:<user>/<name>:<tag>`, `gvmi:sha3:<hash>` or `gvmi:<address>#sha3:<hash>`.
 *
 * @throws UNSUPPORTED_WORKLOAD for an OCI image, saying how to convert it. Elsewhere it can run.
 */
export function toSdkImage(
  workloadImage: string | undefined,
  backend: string,
  options: Pick<ResolvedOptions, "images">,
  chosen: Pick<WorkloadOptions, "image"> = {},
): SdkImage {
  const named = workloadImage !== undefined && Object.hasOwn(options.images, workloadImage) ? options.images[workloadImage] : undefined;
  const image = chosen.image ?? named;
  if (image !== undefined) return fromOption(image, backend);
  if (workloadImage?.startsWith(PREFIX)) return fromText(workloadImage.slice(PREFIX.length), backend);
  throw unsupported(backend, workloadImage === undefined ? "it runs images only, and the workload names none" : conversion(workloadImage));
}

function fromOption(image: GolemImage, backend: string): SdkImage {
  if (typeof image === "string") return fromText(image.startsWith(PREFIX) ? image.slice(PREFIX.length) : image, backend);
  const imageHash = image.hash.toLowerCase();
  return image.url === undefined ? { imageHash } : { imageHash, imageUrl: image.url };
}

function fromText(text: string, backend: string): SdkImage {
  const hash = HASH.exec(text)?.[1];
  if (hash !== undefined) return { imageHash: hash.toLowerCase() };
  const [, imageUrl, fileHash] = FILE.exec(text) ?? [];
  if (imageUrl !== undefined && fileHash !== undefined) return { imageUrl, imageHash: fileHash.toLowerCase() };
  if (TAG.test(text) && !text.startsWith("sha3:")) return { imageTag: text };
  throw unsupported(backend, "a GVMI image is `gvmi:<user>/<name>:<tag>`, `gvmi:sha3:<hash>` or `gvmi:<address>#sha3:<hash>`");
}

const conversion = (image: string): string =>
  `the image ${image} is an OCI image, and Golem runs GVMI images. Convert it with \`gvmkit-build ${image} --push\` (linux/amd64, with a VOLUME ` +
  `for files), then name the result: \`images: { "${image}": { hash: "<its SHA3-224>" } }\`, or its tag in Golem's registry`;

function unsupported(backend: string, what: string): SchedulerError {
  return new SchedulerError("UNSUPPORTED_WORKLOAD", `${backend}: ${what}.`, {
    retry: "elsewhere",
    effect: "none",
    details: { field: "image", backend },
  });
}
