/**
 * An order that a person approves: the task in the middle has no code, and waits for an answer.
 */
import { declareTask, defineTask, FatalError } from "tutti";
import { z } from "zod";

const orderSchema = z.object({ id: z.string(), items: z.array(z.string()), total: z.number() });
const answerSchema = z.object({ approved: z.boolean(), by: z.string(), note: z.string().optional() });

const prices: Readonly<Record<string, number>> = { desk: 400, chair: 150, lamp: 35 };

export const priceOrder = defineTask(
  { name: "price-order", args: z.tuple([z.string(), z.array(z.string()).min(1)]) },
  (_ctx, id, items) => ({ id, items, total: items.reduce((total, item) => total + priceOf(item), 0) }),
);

function priceOf(item: string): number {
  const price = prices[item];
  if (price === undefined) throw new FatalError(`${item} has no price`);
  return price;
}

/** Decided by a person within three days, then asked for once more. Nobody reads its queue. */
export const approveOrder = declareTask({
  name: "approve-order",
  queue: "approvals",
  args: z.tuple([orderSchema]),
  timeoutSeconds: 3 * 86_400,
  retry: { maxLost: 2 },
});

export const placeOrder = defineTask(
  { name: "place-order", args: z.tuple([answerSchema, orderSchema]) },
  (ctx, answer, order) =>
    answer.approved
      ? { order: order.id, placed: true, approvedBy: answer.by, reference: ctx.taskId }
      : { order: order.id, placed: false, refusedBy: answer.by, why: answer.note ?? "no reason given" },
);
