/**
 * The candidate that a misspelt word most likely meant, or nothing. Case and punctuation count as no difference; otherwise
 * up to two edits, three for words of nine letters and more, and never as many as the word has letters.
 */
export function suggest(word: string, candidates: readonly string[]): string | undefined {
  const wanted = plain(word);
  const limit = Math.min(wanted.length >= 9 ? 3 : 2, wanted.length - 1);
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, plain(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

const plain = (word: string): string => word.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Levenshtein distance with swapped neighbours counted as one edit (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, (beforeLast[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
