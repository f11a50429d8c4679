/**
 * Price, ask, place: the order goes on when somebody has answered.
 */
import { dag, ref } from "tutti";
import { approveOrder, placeOrder, priceOrder } from "./tasks.ts";

export function orderWorkflow(id: string, items: readonly string[]) {
  return dag({
    nodes: {
      price: priceOrder.with(id, [...items]),
      approve: approveOrder.with(ref("price")),
      place: placeOrder.with(ref("approve"), ref("price")),
    },
    output: "place",
  });
}

export default orderWorkflow("order-7", ["desk", "chair", "chair"]);
