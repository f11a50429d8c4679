/**
 * Things ordered by the time they fall due, with lazy removal: an entry whose thing has moved on is skipped when it
 * comes up, and swept out whenever the heap has doubled since the last sweep. So a message deleted seconds after a
 * receive with 12 hours of visibility does not keep its place for 12 hours.
 */

/** One thing and when it falls due. */
export interface TimeEntry<T> {
  readonly atMs: number;
  readonly value: T;
}

export interface TimeHeap<T> {
  push(entry: TimeEntry<T>): void;
  /** The earliest entry that is still live, left in place. */
  peek(): TimeEntry<T> | undefined;
  /** Removes and returns the earliest live entry, if it is due at `nowMs` or before. */
  popDue(nowMs: number): T | undefined;
  clear(): void;
}

const smallestSweep = 64;

/** Moves the entry at `index` towards the root until its parent is not later. */
function siftUp<T>(heap: TimeEntry<T>[], index: number): void {
  const entry = heap[index] as TimeEntry<T>;
  let child = index;
  while (child > 0) {
    const parent = (child - 1) >> 1;
    const above = heap[parent] as TimeEntry<T>;
    if (above.atMs <= entry.atMs) {
      break;
    }
    heap[child] = above;
    child = parent;
  }
  heap[child] = entry;
}

/** Moves the entry at `index` towards the leaves until no child is earlier. */
function siftDown<T>(heap: TimeEntry<T>[], index: number): void {
  const entry = heap[index] as TimeEntry<T>;
  let parent = index;
  for (;;) {
    let child = 2 * parent + 1;
    if (child >= heap.length) {
      break;
    }
    const right = heap[child + 1];
    if (right !== undefined && right.atMs < (heap[child] as TimeEntry<T>).atMs) {
      child += 1;
    }
    const below = heap[child] as TimeEntry<T>;
    if (below.atMs >= entry.atMs) {
      break;
    }
    heap[parent] = below;
    parent = child;
  }
  heap[parent] = entry;
}

/** Takes the root off. */
function removeRoot<T>(heap: TimeEntry<T>[]): void {
  const last = heap.pop();
  if (last !== undefined && heap.length > 0) {
    heap[0] = last;
    siftDown(heap, 0);
  }
}

/**
 * Creates an empty heap.
 *
 * @param isLive - Whether an entry still counts; must stay false once it was false.
 */
export function createTimeHeap<T>(isLive: (value: T) => boolean): TimeHeap<T> {
  let heap: TimeEntry<T>[] = [];
  let sweepAt = smallestSweep;

  const sweep = (): void => {
    heap = heap.filter((entry) => isLive(entry.value)).sort((a, b) => a.atMs - b.atMs);
    sweepAt = Math.max(smallestSweep, heap.length * 2);
  };
  const peek = (): TimeEntry<T> | undefined => {
    while (heap[0] !== undefined && !isLive(heap[0].value)) {
      removeRoot(heap);
    }
    return heap[0];
  };
  return {
    push(entry) {
      if (heap.length >= sweepAt) {
        sweep();
      }
      heap.push(entry);
      siftUp(heap, heap.length - 1);
    },
    peek,
    popDue(nowMs) {
      const first = peek();
      if (first === undefined || first.atMs > nowMs) {
        return undefined;
      }
      removeRoot(heap);
      return first.value;
    },
    clear() {
      heap = [];
      sweepAt = smallestSweep;
    },
  };
}
