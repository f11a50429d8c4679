import { StoreError, type Submittable, type TuttiClient } from "../../../../lib/index.ts";
import type { Request } from "../lib/bench.mjs";

const chord = (id: string, n: number, kind: string): Submittable => ({
  chord: {
    header: Array.from({ length: n }, (_, i) => ({ task: "member", args: [id, i, kind] })),
    callback: { task: "collect", args: [id] },
    onError: { task: "giveUp", args: [id] },
  },
});

const chain = (id: string, n: number): Submittable => ({
  chain: Array.from({ length: n }, (_, k) => ({ task: "step", args: k === 0 ? [null, id, k, n] : [id, k, n] })),
});

/** Submits what the driver asks for. A producer tries again what may be tried again: on a busy machine a connection may be late. */
export function submitTo(client: TuttiClient) {
  const submit = async (id: string, document: Submittable, triesLeft = 5): Promise<void> => {
    try {
      await client.submit(document, { id });
    } catch (error) {
      if (!(error instanceof StoreError) || triesLeft === 0) throw error;
      await submit(id, document, triesLeft - 1);
    }
  };
  return async ({ op, ids, n, kind }: Request): Promise<void> => {
    const documents = ids.map((id) => ({ id, document: op === "chain" ? chain(id, n) : chord(id, n, kind) }));
    await Promise.all(documents.map(({ id, document }) => submit(id, document)));
  };
}
