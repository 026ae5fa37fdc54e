import { formatUsd, type Receipt, type RunResult } from "spillway";
import { type Job, OUTPUT } from "./jobs.js";

type Results = readonly PromiseSettledResult<RunResult>[];

/** How many jobs came out right, compared byte by byte with what had to come out. */
export async function outcomes(jobs: readonly Job[], results: Results): Promise<string> {
  const lines: string[] = [];
  let right = 0;
  for (const [index, result] of results.entries()) {
    const job = jobs[index];
    if (job === undefined) continue;
    if (result.status === "rejected") lines.push(`${job.name}: ${String(result.reason)}`);
    else if (Buffer.from(await result.value.output(OUTPUT).download()).toString() === job.expected) right++;
    else lines.push(`${job.name}: a wrong result`);
  }
  return [`${right} of ${jobs.length} jobs finished, each with the right result`, ...lines].join("\n");
}

/** Sorts of jobs down, backends across, accepted results in the cells. */
export function whereTo(jobs: readonly Job[], results: Results, receipts: readonly Receipt[]): string {
  const backends = [...new Set(receipts.flatMap(({ lines }) => lines.map(({ backend }) => backend)))].toSorted();
  const sorts = [...new Set(jobs.map(({ sort }) => sort))];
  const rows = sorts.map((sort) => [
    sort,
    ...backends.map((backend) => {
      const won = results.filter(
        (result, index) => jobs[index]?.sort === sort && result.status === "fulfilled" && result.value.winner.offer.backend === backend,
      );
      return won.length === 0 ? "-" : String(won.length);
    }),
  ]);
  return table([["", ...backends], ...rows]);
}

/** Our receipts beside the sellers' own books. */
export function bills(receipts: readonly Receipt[], billed: ReadonlyMap<string, bigint>): string {
  const lines = receipts.flatMap((receipt) => receipt.lines);
  const rows = [...new Set(lines.map(({ backend }) => backend))].toSorted().map((backend) => {
    const own = lines.filter((line) => line.backend === backend);
    const seller = billed.get(backend);
    return [
      backend,
      `${own.length} attempts`,
      `receipts ${formatUsd(own.reduce((sum, { charged }) => sum + charged, 0n))}`,
      seller === undefined ? "" : `seller's books ${formatUsd(seller)}`,
    ];
  });
  const total = receipts.reduce((sum, { charged }) => sum + charged, 0n);
  const perJob = total / BigInt(Math.max(1, receipts.length));
  return table([...rows, ["in all", `${lines.length} attempts`, formatUsd(total), `${formatUsd(perJob)} for each finished job`]]);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd()).join("\n");
}
