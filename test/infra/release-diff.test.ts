/**
 * `cdk diff` against the template of the last release: an update may replace or remove nothing that holds data.
 *
 * After a release, `UPDATE_RELEASE=1 npx vitest run --project infra test/infra/release-diff.test.ts` stores its template.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Stage } from "aws-cdk-lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { everythingStack } from "./everything.ts";

const cdk = createRequire(import.meta.url).resolve("aws-cdk/bin/cdk");
const release = new URL("__snapshots__/release-template.json", import.meta.url).pathname;
/** What cannot be made again from anything else. */
const stateful = ["AWS::DynamoDB::GlobalTable", "AWS::SQS::Queue", "AWS::Logs::LogGroup"];

interface Template {
  readonly Resources: Readonly<
    Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
  >;
}
let folder: string;
let assembly: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tutti-diff-"));
  const stage = Stage.of(everythingStack);
  if (stage === undefined) throw new Error("the stack has no app");
  assembly = stage.synth().directory;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Lines `[~] TYPE PATH ID replace` of the CDK's own diff, of what holds data and would lose it. */
function lossesSince(template: string): readonly string[] {
  const args = [cdk, "diff", "Test", "--app", assembly, "--template", template, "--method", "template", "--no-notices"];
  const env = { ...process.env, NO_COLOR: "1", CI: "1", CDK_DISABLE_VERSION_CHECK: "1" };
  const text = execFileSync(process.execPath, args, { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
  return text
    .split("\n")
    .filter((line) => /^\[[-~+]\] /.test(line) && / (may be replaced|replace|destroy|orphan)$/.test(line))
    .filter((line) => stateful.some((type) => line.includes(` ${type} `)));
}

describe("cdk diff against the last release", () => {
  it("replaces and removes nothing that holds data", () => {
    const now = readFileSync(join(assembly, "Test.template.json"), "utf8");
    if (process.env.UPDATE_RELEASE === "1") writeFileSync(release, `${JSON.stringify(JSON.parse(now))}\n`);
    expect(lossesSince(release), "the next deploy would delete what these hold").toEqual([]);
  });

  it("tells a table with another key, and a queue with another logical id", () => {
    const { Resources } = JSON.parse(readFileSync(release, "utf8")) as Template;
    const idOf = (type: string, part: string) =>
      Object.keys(Resources).find((id) => Resources[id]?.Type === type && id.includes(part)) as string;
    const table = idOf("AWS::DynamoDB::GlobalTable", "Table");
    const queue = idOf("AWS::SQS::Queue", "QueuesRequests");
    const { [queue]: requests, ...rest } = Resources;
    const before = { ...Resources[table], Properties: { ...Resources[table]?.Properties, TableName: "another" } };
    const file = join(folder, "before.json");
    writeFileSync(file, JSON.stringify({ Resources: { ...rest, [table]: before, Renamed: requests } }));
    expect(lossesSince(file)).toEqual([
      expect.stringMatching(/AWS::SQS::Queue Renamed destroy$/),
      expect.stringMatching(new RegExp(`${table} replace$`)),
    ]);
  });
});
