/**
 * Random workflows, each with what its run must come to: written here from the document alone.
 */
import type { Json } from "../../lib/model/json.ts";
import type { Task, Workflow } from "../../lib/model/workflow.ts";
import { settings } from "./settings.ts";
import { workOf } from "./tasks.ts";

export interface Expected {
  readonly status: "SUCCEEDED" | "FAILED";
  /** Of a run that succeeds. */
  readonly value?: Json;
  /** Chords by their decision. */
  readonly chords: { readonly callback: number; readonly error: number };
}

export interface Case {
  readonly shape: string;
  readonly workflow: Workflow;
  readonly expected: Expected;
}

type Random = () => number;

/** A workflow inside another, and its value. */
interface Part {
  readonly workflow: Workflow;
  readonly value: Json;
  /** Chords in it. */
  readonly chords: number;
}

/** Losses must not end a task here: it may be hit as often as it likes. */
const retry = { maxAttempts: 100, maxLost: 100, backoffSeconds: 0.1, maxBackoffSeconds: 0.5 };
const task = (name: string, ...args: Json[]): Task => ({ task: name, args, retry });
const callback = (label: string): Task => task("collect", label);

/** Numbers of one case: a generator with what shapes ask of it. */
function dice(random: Random) {
  let key = 0;
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  /** A few milliseconds; now and then longer than a lease, so that it takes heartbeats to keep it. */
  const tookMs = () => (random() < 0.01 ? (settings.leaseSeconds + 1) * 1000 : between(0, 60));
  const bytes = () => (random() < 0.1 ? between(1000, 5000) : 0);
  const work = (failures = 0): Part => {
    const [own, size] = [key++, bytes()];
    return { workflow: task("work", own, tookMs(), failures, size), value: workOf(own, size), chords: 0 };
  };
  const several = (low: number, high: number, make: () => Part): readonly Part[] =>
    Array.from({ length: between(low, high) }, make);
  return { between, random, work, several, nextKey: () => key++ };
}
type Dice = ReturnType<typeof dice>;

const sum = (parts: readonly Part[]) => parts.reduce((chords, part) => chords + part.chords, 0);
const workflowsOf = (parts: readonly Part[]) => parts.map(({ workflow }) => workflow);
const valuesOf = (parts: readonly Part[]) => parts.map(({ value }) => value);

function chordOf(header: readonly Part[], label: string): Part {
  return {
    workflow: { chord: { header: workflowsOf(header), callback: callback(label) } },
    value: { label, results: valuesOf(header) },
    chords: sum(header) + 1,
  };
}

function chainOf(dice: Dice): Part {
  const first = dice.work();
  const keys = Array.from({ length: dice.between(1, 4) }, dice.nextKey);
  return {
    workflow: { chain: [first.workflow, ...keys.map((key) => task("follow", key))] },
    value: keys.reduce<Json>((before, key) => ({ key, before }), first.value),
    chords: 0,
  };
}

function groupOf(members: readonly Part[]): Part {
  return { workflow: { group: workflowsOf(members) }, value: valuesOf(members), chords: sum(members) };
}

function nested(dice: Dice): Part {
  const header = dice.several(2, 5, () => {
    const at = dice.between(0, 3);
    if (at === 0) return chordOf(dice.several(1, 5, dice.work), "inner");
    if (at === 1) return chainOf(dice);
    return at === 2 ? groupOf(dice.several(1, 4, dice.work)) : dice.work();
  });
  return chordOf(header, "outer");
}

function diamond(dice: Dice): Part {
  const top = dice.work();
  const [left, right] = [dice.nextKey(), dice.nextKey()];
  const side = (key: number) => task("follow", { $result: "top" }, key);
  return {
    workflow: {
      dag: {
        nodes: {
          top: top.workflow as Task,
          left: side(left),
          right: side(right),
          bottom: task("meet", { $result: "left" }, { $result: "right" }),
        },
        output: "bottom",
      },
    },
    value: { left: { key: left, before: top.value }, right: { key: right, before: top.value } },
    chords: 0,
  };
}

/** The list is the result of a task, so the map becomes a run of its own. */
function mapAtRunTime(dice: Dice): Part {
  const [first, count] = [dice.between(0, 1000), dice.between(0, 12)];
  const maxConcurrency = dice.random() < 0.3 ? { maxConcurrency: 3 } : {};
  const keys = Array.from({ length: count }, (_, at) => first + at);
  return {
    workflow: {
      chain: [
        task("list", first, count),
        {
          chord: {
            header: { map: { each: task("work", 5, 0, 0), ...maxConcurrency } },
            callback: callback("mapped"),
          },
        },
      ],
    },
    value: { label: "mapped", results: keys.map((key) => workOf(key, 0)) },
    chords: 1,
  };
}

function sleeping(dice: Dice): Part {
  const [work, key] = [dice.work(), dice.nextKey()];
  return {
    workflow: { chain: [work.workflow, { sleep: 1 }, task("follow", key)] },
    value: { key, before: work.value },
    chords: 0,
  };
}

/** One member fails for good: the error callback is called, and the run fails. */
function failing(dice: Dice): Case {
  const header = [...workflowsOf(dice.several(1, 8, dice.work)), dice.work(-1).workflow];
  return {
    shape: "chord that fails",
    workflow: { chord: { header, callback: callback("never"), onError: task("complain") } },
    expected: { status: "FAILED", chords: { callback: 0, error: 1 } },
  };
}

const shapes: readonly { readonly shape: string; readonly make: (dice: Dice) => Part }[] = [
  { shape: "chord", make: (dice) => chordOf(dice.several(1, 25, dice.work), "flat") },
  { shape: "chord", make: (dice) => chordOf(dice.several(1, 25, dice.work), "flat") },
  {
    shape: "chord of retried members",
    make: (dice) =>
      chordOf(
        dice.several(1, 6, () => dice.work(1)),
        "retried",
      ),
  },
  { shape: "nested chord", make: nested },
  { shape: "chain", make: chainOf },
  { shape: "group", make: (dice) => groupOf(dice.several(0, 15, dice.work)) },
  { shape: "diamond", make: diamond },
  { shape: "map at run time", make: mapAtRunTime },
  { shape: "sleep", make: sleeping },
];

/** Draws a case. */
export function randomCase(random: Random): Case {
  const own = dice(random);
  const at = own.between(0, shapes.length);
  const drawn = shapes[at];
  if (drawn === undefined) return failing(own);
  const { workflow, value, chords } = drawn.make(own);
  return {
    shape: drawn.shape,
    workflow,
    expected: { status: "SUCCEEDED", value, chords: { callback: chords, error: 0 } },
  };
}
