/**
 * Texts whose words a Python program counts, and the callback that adds them up.
 */
import { declareTask, defineTask } from "tutti";
import { z } from "zod";

/** worker.py runs it. */
export const countWords = declareTask({
  name: "count-words",
  queue: "python",
  args: z.tuple([z.string()]),
  timeoutSeconds: 60,
  retry: { maxAttempts: 2, backoffSeconds: 0 },
});

const outcomeSchema = z.union([
  z.object({ status: z.literal("SUCCEEDED"), value: z.int(), taskId: z.string() }),
  z.object({ status: z.string(), error: z.object({ name: z.string(), message: z.string() }), taskId: z.string() }),
]);

export const addUp = defineTask({ name: "add-up", args: z.tuple([z.array(outcomeSchema)]) }, (_ctx, outcomes) => {
  const counts = outcomes.map((outcome) => ("value" in outcome ? outcome.value : 0));
  const failed = outcomes.flatMap((outcome) => ("error" in outcome ? [outcome.error.message] : []));
  return { words: counts.reduce((sum, count) => sum + count, 0), failed };
});
