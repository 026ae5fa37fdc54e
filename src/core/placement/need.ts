import type { GpuRequest, Sensitivity, Workload } from "../../model/workload.js";
import { CLASS_RULES, type ClassRule } from "./class-rules.js";
import { type PlaceRule, placeRule } from "./jurisdictions.js";

/** What a workload asks of trust and place. Names are lower case, as in `TrustFacts`. */
export interface ComplianceNeed {
  readonly sensitivity: Sensitivity;
  readonly rule: ClassRule;
  /** Absent: anywhere the class allows. */
  readonly residency?: PlaceRule;
  readonly certifications: readonly string[];
  readonly agreements: readonly string[];
  readonly tee: readonly string[];
  readonly transferBasis?: string;
  /** Has secrets or a registry password, and they may go to trusted offers only. */
  readonly secrets: boolean;
}

/**
 * What a workload asks of an offer: exactly the fields that decide whether an offer fits, and nothing else of the workload.
 * Workloads with an equal {@link Need.key} have an equal need, so that what was found out for one serves all.
 */
export interface Need {
  /** Unambiguous: different needs have different keys whatever characters their names hold. */
  readonly key: string;
  readonly image: boolean;
  readonly files: boolean;
  readonly cpu: number;
  readonly memoryMiB: number;
  readonly diskMiB: number;
  readonly gpu?: GpuRequest;
  readonly arch?: string;
  readonly interruptible: boolean;
  readonly compliance: ComplianceNeed;
}

/** Digests a workload. Costs about two microseconds; keep the answer with the workload object. */
export function needOf(workload: Workload): Need {
  const { data, resources } = workload;
  const compliance: ComplianceNeed = {
    sensitivity: data.sensitivity,
    rule: CLASS_RULES[data.sensitivity],
    ...(data.residency.length > 0 ? { residency: placeRule(data.residency) } : {}),
    certifications: data.certifications.map(lower),
    agreements: data.agreements.map(lower),
    tee: data.tee.map(lower),
    ...(data.transferBasis === undefined ? {} : { transferBasis: data.transferBasis }),
    secrets: workload.secretsTo !== "any" && (workload.registry !== undefined || !isEmpty(workload.secrets)),
  };
  const image = workload.image !== undefined;
  const files = !isEmpty(workload.inputs) || !isEmpty(workload.outputs);
  const { cpu, memoryMiB, diskMiB, gpu, arch } = resources;
  const { interruptible } = workload;
  return {
    key: keyOf(workload, image, files, compliance.secrets),
    image,
    files,
    cpu,
    memoryMiB,
    diskMiB,
    ...(gpu === undefined ? {} : { gpu }),
    ...(arch === undefined ? {} : { arch }),
    interruptible,
    compliance,
  };
}

function keyOf(workload: Workload, image: boolean, files: boolean, secrets: boolean): string {
  const { data, resources } = workload;
  const { gpu } = resources;
  const flags = (image ? 1 : 0) + (files ? 2 : 0) + (secrets ? 4 : 0) + (workload.interruptible ? 8 : 0);
  let key = `${flags}|${resources.cpu}|${resources.memoryMiB}|${resources.diskMiB}|${resources.arch ?? ""}|${data.sensitivity}`;
  if (gpu !== undefined) key += `|g${gpu.count}|${gpu.memoryGiB ?? ""}|${gpu.vendor ?? ""}${textOf(gpu.models)}`;
  if (data.residency.length > 0) key += `|r${textOf(data.residency)}`;
  if (data.certifications.length > 0) key += `|c${textOf(data.certifications)}`;
  if (data.agreements.length > 0) key += `|a${textOf(data.agreements)}`;
  if (data.tee.length > 0) key += `|t${textOf(data.tee)}`;
  if (data.transferBasis !== undefined) key += `|b${textOf([data.transferBasis])}`;
  return key;
}

/** Each item with its length in front, so that no character can act as a separator. */
function textOf(items: readonly string[]): string {
  let text = "";
  for (const item of items) text += `:${item.length}.${item}`;
  return text;
}

const lower = (name: string): string => name.trim().toLowerCase();

function isEmpty(record: Readonly<Record<string, unknown>>): boolean {
  for (const _ in record) return false;
  return true;
}
