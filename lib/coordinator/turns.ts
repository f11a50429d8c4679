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
  const queue: { readonly wanted: number; readonly give: () => void }[] = [];
  let open = width;
  const next = () => {
    const [first] = queue;
    if (first === undefined || open < Math.min(first.wanted, enough)) return;
    queue.shift();
    first.give();
  };
  return {
    async take(wanted) {
      const waited = queue.length > 0 || open < Math.min(wanted, enough);
      if (waited) await new Promise<void>((give) => queue.push({ wanted, give }));
      const given = Math.min(wanted, open);
      open -= given;
      next();
      return { given, waited };
    },
    free(count) {
      open += count;
      next();
    },
  };
}
