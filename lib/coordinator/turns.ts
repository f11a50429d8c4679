/**
 * How many tasks one process runs side by side, whatever their messages hold: what does not fit waits its turn, and is
 * claimed then.
 */
export interface Turns {
  /**
   * Waits for places, first come, first served.
   *
   * @returns How many were given: all that are wanted, or as many as are free once that is half of the process. So one slow
   *   task does not keep nine places of a pack idle, and a pack is claimed in two writes at most where tasks are alike.
   */
  take(wanted: number): Promise<Taken>;
  free(count: number): void;
}

export interface Taken {
  readonly given: number;
  /** Whether others had to make room first: the time that this took is gone. */
  readonly waited: boolean;
}

export function createTurns(width: number): Turns {
  const enough = Math.ceil(width / 2);
  const queue: { readonly wanted: number; readonly give: (given: number) => void }[] = [];
  let open = width;
  const isEnough = (wanted: number) => open >= Math.min(wanted, enough);
  /** Places are gone when they are given, not when their taker goes on: between the two, others ask. */
  const give = (wanted: number): number => {
    const given = Math.min(wanted, open);
    open -= given;
    return given;
  };
  const next = () => {
    for (let [first] = queue; first !== undefined && isEnough(first.wanted); [first] = queue) {
      queue.shift();
      first.give(give(first.wanted));
    }
  };
  return {
    async take(wanted) {
      if (queue.length === 0 && isEnough(wanted)) return { given: give(wanted), waited: false };
      const given = await new Promise<number>((resolve) => queue.push({ wanted, give: resolve }));
      return { given, waited: true };
    },
    free(count) {
      open += count;
      next();
    },
  };
}
