/** A binary heap: the smallest element first. */
export interface Heap<T> {
  push(element: T): void;
  peek(): T | undefined;
  pop(): T | undefined;
}

export function createHeap<T>(compare: (a: T, b: T) => number): Heap<T> {
  const elements: T[] = [];
  const before = (i: number, j: number): boolean => compare(elements[i] as T, elements[j] as T) < 0;
  const swap = (i: number, j: number): void => {
    const element = elements[i] as T;
    elements[i] = elements[j] as T;
    elements[j] = element;
  };

  const sink = (): void => {
    for (let i = 0; ; ) {
      const [left, right] = [2 * i + 1, 2 * i + 2];
      let least = i;
      if (left < elements.length && before(left, least)) least = left;
      if (right < elements.length && before(right, least)) least = right;
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  };

  return {
    push(element) {
      elements.push(element);
      for (let i = elements.length - 1; i > 0 && before(i, (i - 1) >> 1); i = (i - 1) >> 1) swap(i, (i - 1) >> 1);
    },
    peek: () => elements[0],
    pop() {
      const first = elements[0];
      const last = elements.pop();
      if (elements.length > 0) {
        elements[0] = last as T;
        sink();
      }
      return first;
    },
  };
}
