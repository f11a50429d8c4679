/**
 * Who works with the deployed stack. Where rights are enforced: three roles, each with one grant of the construct (app.ts);
 * elsewhere all are its owner.
 */
import { strict as assert } from "node:assert";
import { type CommandLine, startCommandLine } from "./command-line.ts";
import { as, type Credentials } from "./environment.ts";
import { endOf, fileOf, idOf, tutti, type World } from "./world.ts";

export type Person = "producer" | "reader" | "operator";

export interface People {
  readonly enforced: boolean;
  cli(person: Person): CommandLine;
  /** Checks that each of them cannot do what is another's. */
  refused(): Promise<void>;
  stop(): Promise<void>;
}

const roleNames: Readonly<Record<Person, string>> = { producer: "Producer", reader: "Reader", operator: "Operator" };

export async function peopleOf(world: World): Promise<People> {
  const { target, cli } = world;
  if (!target.assumesRoles) return { enforced: false, cli: () => cli, refused: async () => {}, stop: async () => {} };
  const { producer, reader, operator } = roleNames;
  const own: Readonly<Record<Person, CommandLine>> = {
    producer: await assume(world, producer),
    reader: await assume(world, reader),
    operator: await assume(world, operator),
  };
  return {
    enforced: true,
    cli: (person) => own[person],
    refused: () => checkLimits(world, own),
    async stop() {
      for (const one of Object.values(own)) await one.stop();
    },
  };
}

async function assume({ target }: World, name: string): Promise<CommandLine> {
  const { env, stack, aws } = target as Required<World["target"]>;
  const { Roles } = (await aws("iam", "list_roles", {})) as { Roles: { RoleName: string; Arn: string }[] };
  const role = Roles.find(({ RoleName }) => RoleName.startsWith(`${stack}-${name}`));
  assert.ok(role !== undefined, `no role ${stack}-${name}…`);
  const session = { RoleArn: role.Arn, RoleSessionName: name };
  const { Credentials: credentials } = (await aws("sts", "assume_role", session)) as { Credentials: Credentials };
  return startCommandLine(as(env, credentials));
}

async function checkLimits(world: World, { producer, reader, operator }: Readonly<Record<Person, CommandLine>>) {
  const file = fileOf(world, "limits", { task: "square", args: [4] });
  const no = async (cli: CommandLine, args: readonly string[]) => {
    const { code, stderr } = await tutti({ ...world, cli }, args);
    assert.equal(code, 1, `tutti ${args.join(" ")} was not refused`);
    assert.match(stderr, /AccessDenied|not authorized/);
  };
  await no(reader, ["submit", file]);
  await no(reader, ["revoke", idOf(world, "chord-10"), "--yes"]);
  await no(producer, ["status"]);
  await no(operator, ["clean", "--all", "--force", "--queues"]);
  await sendAlone(world, producer, file);
}

/** A producer is told table and queue by its environment: it may not ask for the stack. */
async function sendAlone(world: World, producer: CommandLine, file: string): Promise<void> {
  const { aws, stack } = world.target as Required<World["target"]>;
  const { Stacks } = (await aws("cloudformation", "describe_stacks", { StackName: stack })) as {
    Stacks: { Outputs: { OutputKey: string; OutputValue: string }[] }[];
  };
  const output = (key: string) => Stacks[0]?.Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue as string;
  const where = ["--table", output("TableName"), "--request-queue-url", output("RequestQueueUrl")];
  const id = idOf(world, "alone");
  const { code, stderr } = await producer.run(["submit", file, "--id", id, "--no-wait", "--json", ...where], 60);
  assert.equal(code, 0, stderr);
  assert.equal((await endOf(world, id)).value, 16);
}
