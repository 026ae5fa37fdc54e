import { type AttemptRow, explain, formatUsd } from "spillway";
import { FILM, type FilmOutcome } from "./film.js";
import type { Outcome } from "./render.js";
import { counted, table } from "./text.js";

/** The bill, one line for each seller, added up from the receipts of the runs. */
export function receipt({ receipts }: Outcome): string {
  const lines = receipts.flatMap((each) => each.lines);
  const rows = [...new Set(lines.map(({ backend }) => backend))].sort().map((backend) => {
    const own = lines.filter((line) => line.backend === backend);
    const seconds = own.reduce((sum, { openMs }) => sum + openMs / 1_000, 0);
    const charged = own.reduce((sum, line) => sum + line.charged, 0n);
    return [backend, `${own.length} attempts`, `${seconds.toFixed(1)} s leased`, formatUsd(charged)];
  });
  const total = receipts.reduce((sum, { charged }) => sum + charged, 0n);
  const state = receipts.every(({ final }) => final) ? "final" : "not final";
  return table([...rows, ["in all", `${lines.length} attempts`, state, formatUsd(total)]]);
}

/** Where the accepted frames came from, what happened on the way, and one decision in full. */
export function reasons({ frames }: Outcome): string {
  const attempts = frames.flatMap((frame) => frame.attempts);
  const accepted = counted(frames.map(({ winner }) => winner.offer.backend));
  const lost = counted(attempts.filter(({ outcome }) => outcome === "lost").map(({ error }) => error?.code ?? "no code"));
  const lines = [
    `accepted from   ${accepted}`,
    `lost, repeated  ${lost === "" ? "none" : lost}`,
    `confirmed       ${attempts.filter(({ verdict }) => verdict === "agreed").length} results, each by an equal one from another operator`,
    `outvoted        ${liars(attempts)}`,
  ];
  const told = frames.find((frame) => frame.attempts.some(({ verdict }) => verdict === "wrong")) ?? frames[0];
  const decision = told?.decisions[0];
  if (told === undefined || decision === undefined) return lines.join("\n");
  return [...lines, "", `For instance the first attempt on frame ${told.number}:`, "", explain(decision)].join("\n");
}

function liars(attempts: readonly AttemptRow[]): string {
  const caught = attempts.filter(({ verdict }) => verdict === "wrong").map(({ node }) => node.node ?? "an unknown node");
  return caught.length === 0 ? "none" : counted(caught);
}

/** What a frame of the film costs in each way. */
export function comparison(outcomes: readonly FilmOutcome[]): string {
  const head = ["", "right", "wrong", "lost attempts", "hours", "spent", "per right frame"];
  const rows = outcomes.map(({ strategy, right, wrong, lostAttempts, hours, spentUsd }) => [
    strategy.name,
    `${right}/${FILM.frames}`,
    String(wrong),
    String(lostAttempts),
    hours.toFixed(1),
    formatUsd(spentUsd),
    formatUsd(spentUsd / Math.max(1, right)),
  ]);
  return table([head, ...rows]);
}

/** Up to which price of a wrong frame the cheap and careless way is the better deal. */
export function breakEven(careful: FilmOutcome, careless: FilmOutcome): string | undefined {
  if (careless.wrong === 0) return undefined;
  const usd = ((careful.spentUsd / careful.right) * careless.right - careless.spentUsd) / careless.wrong;
  return `"${careless.strategy.name}" is the better deal only while a wrong frame costs you less than ${formatUsd(Math.max(0, usd))}.`;
}
