import type { OperatorClass } from "../../model/offer.js";
import type { Sensitivity } from "../../model/workload.js";
import { PERSONAL_DATA_PLACES, type PlaceRule } from "./jurisdictions.js";

/**
 * What the law, or prudence, asks of whoever may see data of one class. `docs/compliance.md` explains each line.
 * The caller's own machine (`self`) needs no agreement with itself and transfers nothing to another country; that is the
 * one exemption, and it covers the class's rules only, never what a workload demands by name.
 */
export interface ClassRule {
  readonly operators: readonly OperatorClass[];
  /** Something signed must bind the operator: a `single` company's contract, or any agreement the user declared. */
  readonly contract: boolean;
  /** A trusted execution environment that the workload asks for by name stands in for operator class and contract. */
  readonly teeInstead: boolean;
  /** Agreements the user must have with the operator. */
  readonly agreements: readonly string[];
  /** Certifications the operator must hold, `self` included. */
  readonly certifications: readonly string[];
  /** At least one certification of whatever kind: somebody audits this operator. */
  readonly audited: boolean;
  /** Where the machine must stand, unless the workload declares a transfer basis. */
  readonly place?: PlaceRule;
  /** The existence of such work is sensitive: a backend that cannot say where it runs is not even asked. */
  readonly guarded: boolean;
}

const KNOWN: readonly OperatorClass[] = ["self", "single", "audited"];
const NOTHING_MORE = { contract: false, teeInstead: false, agreements: [], certifications: [], audited: false, guarded: false } as const;

/** The table of classes. */
export const CLASS_RULES: Readonly<Record<Sensitivity, ClassRule>> = {
  // No constraint; integrity comes from digests.
  public: { ...NOTHING_MORE, operators: ["self", "single", "audited", "permissionless"] },
  // Proprietary code and weights: the operator must be somebody.
  internal: { ...NOTHING_MORE, operators: KNOWN },
  // Trade secrets: a contract with the operator, or hardware that keeps even the operator out.
  confidential: { ...NOTHING_MORE, operators: KNOWN, contract: true, teeInstead: true, guarded: true },
  // GDPR: processor contract (Art. 28), place or transfer basis (Art. 44-49). Nobody permissionless can be a processor.
  personal: { ...NOTHING_MORE, operators: KNOWN, agreements: ["dpa"], place: PERSONAL_DATA_PLACES, guarded: true },
  // HIPAA: a signed business associate agreement with an audited operator; hardware does not replace it.
  phi: { ...NOTHING_MORE, operators: KNOWN, agreements: ["baa"], audited: true, guarded: true },
  // Card data: attested segments of one's own or of one cloud account.
  pci: { ...NOTHING_MORE, operators: ["self", "single"], certifications: ["pci-dss"], guarded: true },
};
