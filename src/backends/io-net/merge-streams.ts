/** The items of several streams as they come. Leaving it early leaves them all; the first failure ends it. */
export async function* mergeStreams<T>(streams: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, undefined> {
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]());
  const next = async (iterator: AsyncIterator<T>) => ({ iterator, result: await iterator.next() });
  const waiting = new Map(iterators.map((iterator) => [iterator, next(iterator)]));
  // Whoever loses the race may fail later, when nobody listens any more.
  for (const promise of waiting.values()) promise.catch(() => undefined);
  try {
    while (waiting.size > 0) {
      const { iterator, result } = await Promise.race(waiting.values());
      if (result.done === true) {
        waiting.delete(iterator);
        continue;
      }
      yield result.value;
      const following = next(iterator);
      following.catch(() => undefined);
      waiting.set(iterator, following);
    }
  } finally {
    // Not awaited: a stream that waits for bytes ends only with them, or with its signal.
    for (const iterator of waiting.keys()) void iterator.return?.().catch(() => undefined);
  }
}
