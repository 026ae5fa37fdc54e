/** Lets work that is asked for several times at once be done once. */
export interface SharedWork<T> {
  /** The success of the work of the same key that is under way, if there is any; otherwise one's own work. */
  share(key: string, work: () => Promise<T>): Promise<T>;
}

/** Makes {@link SharedWork}. Nothing is kept of a key once its work has ended. */
export function createSharedWork<T>(): SharedWork<T> {
  const underWay = new Map<string, Promise<T>>();
  return {
    share(key, work) {
      const mine = underWay.get(key)?.catch(work) ?? work();
      underWay.set(key, mine);
      const forget = (): void => {
        if (underWay.get(key) === mine) underWay.delete(key);
      };
      mine.then(forget, forget);
      return mine;
    },
  };
}
