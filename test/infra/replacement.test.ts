/**
 * What holds data keeps its logical id, and what CloudFormation would replace it for: the ids of a release are stored here,
 * and an update that loses one would lose the data with it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { everything } from "./everything.ts";

/** Properties whose change replaces a resource, by type: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-template-resource-type-ref.html */
const replacing: Readonly<Record<string, readonly string[]>> = {
  "AWS::DynamoDB::GlobalTable": ["TableName", "KeySchema", "LocalSecondaryIndexes"],
  "AWS::SQS::Queue": ["QueueName", "FifoQueue"],
  "AWS::Logs::LogGroup": ["LogGroupName"],
};
const stored = new URL("stateful-resources.json", import.meta.url);

function stateful(): Record<string, unknown> {
  const { Resources } = everything.toJSON() as {
    Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
  };
  const kept = Object.entries(Resources).filter(([, { Type }]) => Type in replacing);
  return Object.fromEntries(
    kept
      .map(([id, { Type, Properties = {} }]) => {
        const values = (replacing[Type] ?? []).flatMap((name) =>
          name in Properties ? [[name, Properties[name]]] : [],
        );
        return [id, { Type, ...Object.fromEntries(values) }] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

it("replaces nothing that holds data when a deployed stack is updated", () => {
  const now = stateful();
  // `UPDATE_STATEFUL=1 npx vitest run --project infra test/infra/replacement.test.ts` stores what is new. Never let an id go.
  if (process.env.UPDATE_STATEFUL === "1") writeFileSync(stored, `${JSON.stringify(now, undefined, 2)}\n`);
  const before = JSON.parse(readFileSync(stored, "utf8")) as Record<string, unknown>;
  expect(now, "an id that is gone, or a value that changed, deletes what it holds at the next deploy").toMatchObject(
    before,
  );
  expect(Object.keys(now), "store the ids that are new: see the comment in this test").toEqual(Object.keys(before));
});
