/**
 * Every command of the CLI that reads or acts, against the deployed stack; where rights are enforced, by somebody who has one
 * grant of the construct and no other. test/cli/deployed-commands.test.ts holds the list to the commands there are.
 */
import { strict as assert } from "node:assert";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type Person, peopleOf } from "./people.ts";
import {
  audit,
  endOf,
  fileOf,
  idOf,
  report,
  type Scenario,
  submit,
  tutti,
  tuttiJson,
  until,
  type World,
} from "./world.ts";

const root = new URL("../..", import.meta.url).pathname;

/** Those that need no deployment. */
export const localCommands = ["plan", "dev", "completion"] as const;

type Work = (world: World) => Promise<void>;
interface Use {
  readonly by: Person;
  readonly work: Work;
}

const by = (person: Person, work: Work): Use => ({ by: person, work });
/** A command that prints one JSON object and ends with one of these codes. */
const reads =
  (args: (world: World) => readonly string[], ...codes: readonly number[]): Work =>
  async (world) => {
    const printed = await tuttiJson<{ schemaVersion: number }>(world, args(world), ...codes);
    assert.equal(printed.schemaVersion, 1);
  };
const done = (world: World): string => idOf(world, "chord-10");
/** While other runs are under way, something may be late. */
const fineOrIssue = [0, 1];

const approval = { chain: [{ task: "approve" }, { task: "square" }] };
const failure = { chord: { header: [{ task: "fail-if", args: [true] }], callback: { task: "add" } } };

/** By name, in an order in which one may need what another has made. */
export const uses: Readonly<Record<string, Use>> = {
  status: by(
    "reader",
    reads(() => ["status"]),
  ),
  list: by(
    "reader",
    reads(() => ["list", "--limit", "5"]),
  ),
  check: by(
    "reader",
    reads((world) => ["check", done(world)]),
  ),
  health: by(
    "reader",
    reads(() => ["health"], ...fineOrIssue),
  ),
  inspect: by(
    "reader",
    reads((world) => ["inspect", done(world), "--verbose"]),
  ),
  graph: by(
    "reader",
    reads((world) => ["graph", done(world)]),
  ),
  events: by(
    "reader",
    reads((world) => ["events", done(world)]),
  ),
  watch: by(
    "reader",
    reads((world) => ["watch", done(world)]),
  ),
  wait: by(
    "reader",
    reads((world) => ["wait", done(world)]),
  ),
  result: by(
    "reader",
    reads((world) => ["result", done(world)]),
  ),
  cost: by(
    "reader",
    reads((world) => ["cost", done(world)]),
  ),
  audit: by("reader", (world) => audit(world, done(world))),
  doctor: by("reader", examine),
  monitor: by("reader", (world) => untilSignal(world, ["monitor", "--every", "1h"], [130])),
  submit: by("operator", (world) => submit(world, "by-hand", approval).then(() => undefined)),
  pause: by("operator", (world) => pausing(world, "pause", true)),
  resume: by("operator", (world) => pausing(world, "resume", false)),
  report: by("operator", async (world) => {
    await report(world, `${idOf(world, "by-hand")}/[0]`, "3");
    assert.equal((await endOf(world, idOf(world, "by-hand"))).value, 9);
  }),
  run: by(
    "operator",
    reads((world) => ["run", fileOf(world, "fails", failure), "--id", idOf(world, "fails")], 1),
  ),
  retry: by("operator", async (world) => {
    await tuttiJson(world, ["retry", idOf(world, "fails"), "--yes", "--args", "header[0]=[false]"]);
    await until("the retry", 120, async () => {
      const { value } = await tuttiJson<{ value?: unknown }>(world, ["result", idOf(world, "fails")], ...fineOrIssue);
      return value === 1;
    });
  }),
  revoke: by("operator", async (world) => {
    const id = await submit(world, "unwanted", approval);
    await tuttiJson(world, ["revoke", id, "--yes"]);
    await endOf(world, id, "REVOKED");
  }),
  fix: by(
    "operator",
    reads((world) => ["fix", done(world), "--yes"]),
  ),
  sweep: by(
    "operator",
    reads(() => ["sweep"], ...fineOrIssue),
  ),
  clean: by("operator", async (world) => {
    const id = idOf(world, "fails");
    await tuttiJson(world, ["clean", id, "--yes"]);
    await until("the clean-up", 120, () => gone(world, id));
  }),
  dlq: by("operator", letters),
  worker: by("operator", (world) => {
    const file = join(root, "test", "e2e", "tasks-1.ts");
    return untilSignal(world, ["worker", "--tasks", file, "--only", "tasks", "--queues", "poison"], [130]);
  }),
};

const gone = async (world: World, id: string): Promise<boolean> => (await tutti(world, ["inspect", id])).code === 1;

async function pausing(world: World, command: "pause" | "resume", paused: boolean): Promise<void> {
  const id = idOf(world, "by-hand");
  await tuttiJson(world, [command, id]);
  await until(command, 120, async () => {
    const { run } = await tuttiJson<{ run: { pausedAt: string | null } }>(world, ["inspect", id]);
    return (run.pausedAt !== null) === paused;
  });
}

interface Findings {
  readonly findings: readonly {
    readonly check: string;
    readonly about: string;
    readonly state: string;
    readonly found: string;
  }[];
}

/** What the emulator drops, in silence. */
const notOfEmulator = ["expiry", "recovery"];
/** A queue that only people answer for, and one that has been given short times: the doctor finds both, as it should. */
const changedQueues = ["queue people", "queue poison"];

/** Nothing else may be wrong, and no look be refused. */
async function examine(world: World): Promise<void> {
  const { findings } = await tuttiJson<Findings>(world, ["doctor"], ...fineOrIssue);
  const known = world.target.isEmulator ? notOfEmulator : [];
  const wrong = findings.filter(
    ({ state, check, about }) => state === "wrong" && !known.includes(check) && !changedQueues.includes(about),
  );
  const refused = findings.filter(({ found }) => /AccessDenied|not authorized/.test(found));
  assert.deepEqual([...wrong, ...refused], []);
}

interface DeadLetters {
  readonly rejected: readonly { readonly requestId: string }[];
  readonly queues: readonly { readonly queue: string }[] | null;
}

async function letters(world: World): Promise<void> {
  const { rejected, queues } = await tuttiJson<DeadLetters>(world, ["dlq", "list", "--letters"]);
  assert.equal(queues?.length, 5);
  await tuttiJson(world, ["dlq", "redrive", "request", "--yes"]);
  const [first] = rejected;
  if (first === undefined) return;
  await tuttiJson(world, ["dlq", "show", first.requestId]);
  const { dropped } = await tuttiJson<{ dropped: boolean }>(world, ["dlq", "drop", first.requestId, "--yes"]);
  assert.equal(dropped, true);
}

/** A command that goes on until it is told to stop: a process of its own, stopped once it has printed something. */
async function untilSignal({ cli, target }: World, args: readonly string[], codes: readonly number[]): Promise<void> {
  const command = [join(root, "bin", "tutti.mjs"), ...args, "--stack", target.stack, "--json"];
  const child = spawn(process.execPath, command, { env: cli.env, cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const late = setTimeout(() => child.kill("SIGKILL"), 120_000);
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  child.stdout.once("data", () => child.kill("SIGINT"));
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(late);
  assert.ok(code !== null && codes.includes(code), `tutti ${args.join(" ")} ended with ${code}: ${said}`);
}

export const commands: Scenario = {
  name: "every command, with --stack",
  async run(world) {
    const people = await peopleOf(world);
    try {
      for (const { by: person, work } of Object.values(uses)) await work({ ...world, cli: people.cli(person) });
      await people.refused();
      return `${Object.keys(uses).length} commands${people.enforced ? ", each with one grant; 4 refused without it" : ""}`;
    } finally {
      await people.stop();
    }
  },
};
