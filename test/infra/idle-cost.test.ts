import { Template } from "aws-cdk-lib/assertions";
import { expect, it } from "vitest";
import { TuttiStack } from "../../infra/stack.ts";
import { idleCost, totalOf } from "../../scripts/idle-cost/cost.ts";
import { aStack } from "./templates.ts";

const root = new URL("../..", import.meta.url).pathname;

it("costs less than $5 a month with defaults while nothing is asked of it", () => {
  const stack = new TuttiStack(aStack().node.root, "Idle", {
    tutti: { tasks: `${root}examples/07-thumbnails/tasks.ts` },
  });
  const lines = idleCost(Template.fromStack(stack));
  expect(totalOf(lines)).toBeLessThan(5);
  // Request queue and task queue with their dead letters are asked by Lambda: the largest part of it.
  expect(lines.find(({ what }) => what.startsWith("SQS"))).toMatchObject({ amount: 4 * 15 * 43_800 });
});
