/**
 * First in, first out, with lazy removal: an entry whose thing has moved on is skipped. Taking from the front of a
 * long list stays cheap, which it is not with `Array.shift` or with the front of a `Set`.
 */

export interface LazyList<T> {
  push(value: T): void;
  /** The first live entries in order, at most `count`; they stay in place until they are no longer live. */
  first(count: number): readonly T[];
  clear(): void;
}

/** Entries before the head that are kept until the array is cut. */
const cutAfter = 1024;

/**
 * Creates an empty list.
 *
 * @param isLive - Whether an entry still counts; must stay false once it was false.
 */
export function createLazyList<T>(isLive: (value: T) => boolean): LazyList<T> {
  let items: T[] = [];
  let head = 0;

  const skipDead = (): void => {
    while (head < items.length && !isLive(items[head] as T)) {
      head += 1;
    }
    if (head > cutAfter && head * 2 > items.length) {
      items = items.slice(head);
      head = 0;
    }
  };
  return {
    push(value) {
      items.push(value);
    },
    first(count) {
      skipDead();
      const found: T[] = [];
      for (let index = head; index < items.length && found.length < count; index += 1) {
        const item = items[index] as T;
        if (isLive(item)) {
          found.push(item);
        }
      }
      return found;
    },
    clear() {
      items = [];
      head = 0;
    },
  };
}
