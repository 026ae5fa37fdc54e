/**
 * Placement decisions per second: a placer that remembers, against one that prices every offer in full, on the same inputs in the
 * same run. The winners must be identical, else the benchmark fails.
 */
import { createPlacer, placeNaively } from "../src/core/placement/place.js";
import type { PlacementInput, PlacementResult } from "../src/core/placement/types.js";
import type { DecisionRecord } from "../src/model/decision.js";
import type { BenchmarkOptions, BenchmarkReport, BenchmarkRow } from "./run.js";
import { BenchmarkMarket, benchmarkInput, START_MS } from "./support/market.js";

const SIZES = [10, 100, 1_000, 10_000];

/** Share of the offers that is replaced each second; each backend's listing comes anew once a second, one after another. */
const CHANGED_PER_SECOND = 0.01;
const LISTINGS_PER_SECOND = 5;

/** Records are stored, as in life; a ring, so that a fast machine does not measure its memory. */
const STORED_RECORDS = 20_000;

interface Row extends BenchmarkRow {
  readonly offers: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly naivePerSecond: number;
  readonly ratio: number;
  /** First decision of a new placer, median of several; and the same as a multiple of the naive one. */
  readonly coldMs: number;
  readonly coldRatio: number;
  /** A decision right after something was learnt of a node, median of several. */
  readonly learntMs: number;
  /** Offers that pass the filters, of all. */
  readonly feasible: number;
  readonly decisions: number;
  readonly compared: number;
}

/** Measures decisions at four market sizes. */
export async function run(options: BenchmarkOptions): Promise<BenchmarkReport> {
  const rows = SIZES.map((offers) => measure(offers, options.quick ? 300 : 4_000));
  const largest = rows.at(-1) as Row;
  return {
    rows,
    goals: [
      { goal: "ratio to naive at 10,000 offers >= 20", measured: largest.ratio, reached: largest.ratio >= 20 },
      { goal: "p99 at 10,000 offers <= 5 ms", measured: largest.p99Ms, reached: largest.p99Ms <= 5 },
      { goal: "cold decision at 10,000 offers <= 2 x naive", measured: largest.coldRatio, reached: largest.coldRatio <= 2 },
    ],
    notes: [
      "5 backends; hybrid policy with time value, checks on permissionless nodes and a deadline; Thompson draws; half of the nodes have a history",
      "each decision is about another workload object; 1 % of the offers are replaced per second, one listing every 200 ms",
      "a tenth of the decisions, at least 20, is taken again naively on the same input: winner and sum must be equal",
    ],
  };
}

function measure(offers: number, budgetMs: number): Row {
  const market = new BenchmarkMarket(offers);
  const placer = createPlacer();
  const records = new Array<DecisionRecord>(STORED_RECORDS);
  let next = 0;
  const input = (): PlacementInput => benchmarkInput(market, next++, START_MS + next);

  // Warm the compiler up on this size, on a placer of its own.
  const other = createPlacer();
  for (let i = 0; i < 50; i++) other.place(input());
  for (let i = 0; i < 3; i++) placeNaively(input());

  const cold: number[] = [];
  for (let i = 0; i < 5; i++) {
    const fresh = createPlacer();
    const question = input();
    cold.push(timed(() => fresh.place(question)).ms);
  }

  const samples: number[] = [];
  const naive: number[] = [];
  let feasible = 0;
  let turn = 0;
  let sinceChangeMs = 0;
  for (let spentMs = 0; spentMs < budgetMs; ) {
    const question = input();
    const { value, ms } = timed(() => placer.place(question));
    samples.push(ms);
    spentMs += ms;
    sinceChangeMs += ms;
    records[samples.length % STORED_RECORDS] = value.record;
    feasible = value.record.priced;
    if (sinceChangeMs >= 1_000 / LISTINGS_PER_SECOND) {
      market.change(turn++, CHANGED_PER_SECOND);
      sinceChangeMs = 0;
    }
    if (samples.length % 10 === 0 && (naive.length < 20 || naive.length < samples.length / 10) && sum(naive) < 2 * budgetMs) {
      const again = timed(() => placeNaively(question));
      naive.push(again.ms);
      mustAgree(value, again.value);
    }
  }

  const learnt = Array.from({ length: 9 }, () => {
    market.learn();
    const question = input();
    return timed(() => placer.place(question)).ms;
  });

  const perSecond = (samples.length / sum(samples)) * 1_000;
  const naiveMs = sum(naive) / naive.length;
  return {
    offers,
    perSecond: Math.round(perSecond),
    p50Ms: rounded(percentile(samples, 0.5)),
    p99Ms: rounded(percentile(samples, 0.99)),
    naivePerSecond: rounded(1_000 / naiveMs),
    ratio: rounded((perSecond * naiveMs) / 1_000),
    coldMs: rounded(percentile(cold, 0.5)),
    coldRatio: rounded(percentile(cold, 0.5) / naiveMs),
    learntMs: rounded(percentile(learnt, 0.5)),
    feasible,
    decisions: samples.length,
    compared: naive.length,
  };
}

function mustAgree(fast: PlacementResult, naive: PlacementResult): void {
  const same =
    fast.chosen?.offer === naive.chosen?.offer &&
    fast.chosen?.totalUsd === naive.chosen?.totalUsd &&
    fast.chosen?.worstCase === naive.chosen?.worstCase &&
    fast.record.evaluated === naive.record.evaluated;
  if (!same || fast.chosen === undefined) {
    throw new Error(
      `Decisions differ: ${fast.chosen?.offer.id} at ${fast.chosen?.totalUsd}, naively ${naive.chosen?.offer.id} at ${naive.chosen?.totalUsd}`,
    );
  }
}

function timed<T>(work: () => T): { readonly value: T; readonly ms: number } {
  const start = performance.now();
  const value = work();
  return { value, ms: performance.now() - start };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const rounded = (value: number): number => Number(value.toPrecision(4));
