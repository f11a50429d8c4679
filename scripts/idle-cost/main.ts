/**
 * `npm run cost:idle`: what the stack of this checkout, with the settings it has by default, costs a month while it is idle.
 */
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { TuttiStack } from "../../infra/stack.ts";
import { idleCost, totalOf } from "./cost.ts";

const app = new App({ context: { "aws:cdk:bundling-stacks": [] } });
const stack = new TuttiStack(app, "Tutti", { tutti: { tasks: "examples/07-thumbnails/tasks.ts" } });
const lines = idleCost(Template.fromStack(stack));
const row = (what: string, amount: string, usd: number) =>
  `${what.padEnd(32)}${amount.padStart(26)}${usd.toFixed(2).padStart(8)}`;
for (const { what, amount, unit, usd } of lines.filter(({ usd }) => usd > 0))
  console.log(row(what, `${amount.toLocaleString("en", { maximumFractionDigits: 2 })} ${unit}`, usd));
console.log(row("a month, in US dollars", "", totalOf(lines)));
