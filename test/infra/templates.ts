/** Synthesis for tests: without bundling, unless a test is about the bundles. */
import { App, Stack } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { Tutti, type TuttiProps } from "../../infra/index.ts";

export const fixture = (name: string): string => new URL(`fixtures/${name}`, import.meta.url).pathname;
export const twoQueues = fixture("two-queues.ts");

/** An empty stack whose functions are not bundled. */
export const aStack = (): Stack =>
  new Stack(new App({ context: { "aws:cdk:bundling-stacks": [], "@aws-cdk/aws-iam:minimizePolicies": true } }), "Test");

export interface Synthesised {
  readonly stack: Stack;
  readonly tutti: Tutti;
  /** The template, with what was added to the stack until now. */
  readonly template: () => Template;
}

export function synthesise(props: Partial<TuttiProps> = {}): Synthesised {
  const stack = aStack();
  const tutti = new Tutti(stack, "Tutti", { tasks: twoQueues, ...props });
  return { stack, tutti, template: () => Template.fromStack(stack) };
}

/** What a function finds in its environment once the stack is up, with made-up names for what gets one at the deploy. */
export function variablesOf(properties: FunctionProperties): Record<string, string> {
  return Object.fromEntries(
    Object.entries(properties.Environment.Variables).map(([name, value]) => [name, deployed(value)]),
  );
}

/** A function in a template, as far as {@link variablesOf} looks. */
export interface FunctionProperties {
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
}

function deployed(value: unknown): string {
  if (typeof value === "string") return value;
  const { Ref: ref, "Fn::Join": join } = value as { Ref?: string; "Fn::Join"?: [string, unknown[]] };
  if (join !== undefined) return join[1].map(deployed).join(join[0]);
  if (ref?.startsWith("TuttiQueues")) return `https://sqs.eu-west-1.amazonaws.com/123456789012/${nameOf(ref)}`;
  return nameOf(ref ?? "");
}

/** A logical id without its hash. */
export const nameOf = (logicalId: string): string => logicalId.replace(/[0-9A-F]{8}$/, "");

/** One statement of a policy. */
export interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Statements of the policies of the role whose logical id begins so. */
export function statementsOf(template: Template, role: string): readonly Statement[] {
  const policies = Object.values(template.findResources("AWS::IAM::Policy"));
  return policies
    .filter(({ Properties }) => Properties.Roles.some(({ Ref }: { Ref: string }) => Ref.startsWith(role)))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);
}

/** Which resources a role may do something with, by logical id, sorted. */
export function mayOn(template: Template, role: string, action: string): readonly string[] {
  return statementsOf(template, role)
    .filter(({ Action }) => [Action].flat().includes(action))
    .flatMap(({ Resource }) => [Resource].flat().map(resourceName))
    .sort();
}

function resourceName(resource: unknown): string {
  const text = JSON.stringify(resource);
  const id = /"(?:Fn::GetAtt":\["|Ref":")([A-Za-z0-9]+?)[0-9A-F]{8}"/.exec(text)?.[1] ?? text;
  const index = /\/index\/([^"]+)/.exec(text)?.[1];
  return index === undefined ? id : `${id}/${index}`;
}
