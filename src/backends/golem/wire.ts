import { z } from "zod";

/** Answers of yagna's REST API, as far as they are used. Everything else passes unseen. */

const amount = z.union([z.string(), z.number().transform(String)]);
const properties = z.record(z.string(), z.unknown());

export const identity = z.looseObject({ identity: z.string().regex(/^0x[0-9a-fA-F]{40}$/, "expected a node id") });

export const agreementState = z.enum(["Proposal", "Pending", "Cancelled", "Rejected", "Approved", "Expired", "Terminated"]);
/** @internal */
export type AgreementState = z.output<typeof agreementState>;

export const agreement = z.looseObject({
  agreementId: z.string().min(1),
  state: agreementState,
  validTo: z.string().optional(),
  timestamp: z.string().optional(),
  approvedDate: z.string().nullish(),
  demand: z.looseObject({ properties }),
  offer: z.looseObject({ providerId: z.string(), properties }),
});
/** A contract with a provider. */
export type Agreement = z.output<typeof agreement>;

export const agreementList = z.array(z.looseObject({ id: z.string().min(1) }));

export const terminationReason = z.looseObject({
  terminator: z.string().nullish(),
  reason: z.looseObject({ message: z.string().nullish(), "golem.provider.code": z.string().nullish() }).nullish(),
});

export const allocation = z.looseObject({
  allocationId: z.string().min(1),
  totalAmount: amount,
  spentAmount: amount.nullish(),
});
/** Funds set aside for one lease. */
export type Allocation = z.output<typeof allocation>;
export const allocationList = z.array(allocation);

const bill = {
  agreementId: z.string(),
  timestamp: z.string(),
  status: z.string(),
};
export const invoiceList = z.array(z.looseObject({ ...bill, invoiceId: z.string().min(1), amount }));
/** @internal */
export type Invoice = z.output<typeof invoiceList>[number];
export const debitNoteList = z.array(
  z.looseObject({
    ...bill,
    // Absent in lists of some versions; the agreement is then told by nothing and the note is passed over.
    agreementId: z.string().optional(),
    debitNoteId: z.string().min(1),
    activityId: z.string().optional(),
    totalAmountDue: amount,
  }),
);
/** @internal */
export type DebitNote = z.output<typeof debitNoteList>[number];
