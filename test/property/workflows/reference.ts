/**
 * What a workflow comes to, by the contract alone: read off the document, part by part, in the plainest way. Knows nothing of
 * plans, joins or messages.
 *
 * Each task ends as its script says, so whether a part succeeds does not depend on time. What does: which of several failures
 * comes first, and what else has started by then. That is left open here, and what must hold whichever way it went is said
 * with {@link When}: moments that follow from when the tasks of a run were seen to end.
 *
 * A canvas is a function in `canvases`, a policy of a chord one in `policies`.
 */
import { isJsonObject, type Json, type JsonObject } from "../../../lib/model/json.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type { CanvasKey, Chain, Chord, Dag, DagNode, Group, Task, Workflow } from "../../../lib/model/workflow.ts";
import { Choice, type Expected, matches, Rule } from "./expected.ts";
import { messageOf, resultOf, scriptOf } from "./script.ts";

export const runId = "run-1";

/** A point of a run's history: virtual time, and the place among all that was seen. */
export interface Moment {
  readonly atMs: number;
  readonly sequence: number;
}

/** What was seen of a run. */
export interface History {
  readonly startedAt: Moment;
  /** When a task ended in the state that its script leads to; undefined when it has not. */
  ended(task: ExpectedTask): Moment | undefined;
}

/** When something came about in a run, by what was seen of its tasks; undefined: it has not. */
export type When = (history: History) => Moment | undefined;

export interface ExpectedTask {
  readonly path: string;
  readonly task: Task;
  /** Whether it ever starts, when the run does not end before. */
  readonly starts: boolean;
  /** Error callbacks may start when the run has ended, and must when what they wait for has come about. */
  readonly afterEnd: boolean;
  /** What must have come about before its body is entered. */
  readonly ready: When;
  readonly args: readonly Expected[];
  readonly status: "SUCCEEDED" | "FAILED" | "TIMED_OUT";
  /** How many acts its script has to that end; 0 when its arguments cannot be made, and its body is never entered. */
  readonly acts: number;
  /** When it succeeds. */
  readonly value: Expected;
  /** When it does not. */
  readonly error: { readonly name: Expected; readonly message: Expected };
}

/** A part of a workflow. */
export interface Part {
  /** Whether it succeeds once it has started. */
  readonly succeeds: boolean;
  /** When it does. */
  readonly value: Expected;
  /** Tasks whose failure may be the part's, when it does not. */
  readonly causes: readonly ExpectedTask[];
  /** Paths of the tasks that have ended, in any history, once the part has. */
  readonly needed: ReadonlySet<string>;
  readonly succeeded: When;
  readonly failed: When;
  /** The task that it is; null for a canvas. */
  readonly single: ExpectedTask | null;
}

/** What a part is told by what is around it. */
interface Place {
  readonly path: string;
  readonly starts: boolean;
  /** The result before it; undefined when there is none. */
  readonly input: Expected | undefined;
  readonly ready: When;
  /** Nodes of the dags around it, by name; the innermost has a name. */
  readonly names: ReadonlyMap<string, () => Part>;
}

/** What is expected of a whole run. */
export interface Reference {
  readonly root: Part;
  /** Every task of the document. */
  readonly tasks: readonly ExpectedTask[];
}

export function referenceOf(workflow: Workflow): Reference {
  const tasks: ExpectedTask[] = [];
  const place: Place = {
    path: "",
    starts: true,
    input: undefined,
    ready: (history) => history.startedAt,
    names: new Map(),
  };
  const root = partOf(workflow, place, tasks);
  return { root, tasks };
}

type Canvas<Kind> = (workflow: Kind, place: Place, tasks: ExpectedTask[]) => Part;

const canvases: { readonly [Key in CanvasKey]: Canvas<Extract<Workflow, Record<Key, unknown>>> } = {
  task: (task, place, tasks) => taskPart(task, place, false, tasks),
  chain: chainPart,
  group: groupPart,
  chord: chordPart,
  dag: dagPart,
  map: () => {
    throw new TypeError("maps are not drawn");
  },
};

function partOf(workflow: DagNode, place: Place, tasks: ExpectedTask[]): Part {
  const key = (Object.keys(canvases) as CanvasKey[]).find((candidate) => candidate in workflow) as CanvasKey;
  return (canvases[key] as Canvas<DagNode>)(workflow, place, tasks);
}

const below = (path: string, step: string) => (path === "" ? step : `${path}/${step}`);

// ---- Task ------------------------------------------------------------------------------------------------------------

function taskPart(task: Task, place: Place, afterEnd: boolean, tasks: ExpectedTask[]): Part {
  const path = place.path || "task";
  const args = place.starts ? argumentsOf(task, place) : [];
  const { status, acts, error } = args === undefined ? unusable : endOf(task, path);
  const { starts, ready } = place;
  const value = resultOf(scriptOf(task.headers ?? {}).value, path);
  const expected: ExpectedTask = { path, task, starts, afterEnd, ready, args: args ?? [], status, acts, value, error };
  tasks.push(expected);
  const succeeds = status === "SUCCEEDED";
  const ended: When = (history) => history.ended(expected);
  return {
    succeeds,
    value,
    causes: succeeds ? [] : [expected],
    needed: new Set([path]),
    succeeded: succeeds ? ended : never,
    failed: succeeds ? never : ended,
    single: expected,
  };
}

type End = Pick<ExpectedTask, "status" | "acts" | "error">;

const anyText = new Rule("a text", (actual) => typeof actual === "string");
/** Arguments that cannot be made never can. */
const unusable: End = { status: "FAILED", acts: 0, error: { name: "FatalError", message: anyText } };

/** Plays a script to its end. A lost worker is no failure. */
function endOf(task: Task, path: string): End {
  const { does } = scriptOf(task.headers ?? {});
  const maxAttempts = task.retry?.maxAttempts ?? defaults.retry.maxAttempts;
  let failures = 0;
  for (let acts = 1; ; acts++) {
    const act = does[Math.min(acts, does.length) - 1];
    if (act === "succeed") return { status: "SUCCEEDED", acts, error: { name: "", message: "" } };
    if (act === "fatal") {
      return { status: "FAILED", acts, error: { name: "FatalError", message: messageOf(act, path) } };
    }
    if (act === "die" || act === undefined || ++failures < maxAttempts) continue;
    if (act === "hang") return { status: "TIMED_OUT", acts, error: { name: "task-timed-out", message: anyText } };
    return { status: "FAILED", acts, error: { name: "Error", message: messageOf(act, path) } };
  }
}

/** The result before it, then the bound arguments; undefined when they name a part that a result does not have. */
function argumentsOf(task: Task, { input, names }: Place): readonly Expected[] | undefined {
  const bound: Expected[] = [];
  for (const argument of task.args ?? []) {
    const value = withResults(argument, names);
    if (value === undefined) return undefined;
    bound.push(value);
  }
  return input === undefined || task.immutable ? bound : [input, ...bound];
}

function withResults(argument: Json, names: Place["names"]): Expected | undefined {
  if (Array.isArray(argument)) {
    const items = argument.map((item) => withResults(item as Json, names));
    return items.includes(undefined) ? undefined : (items as Expected[]);
  }
  if (!isJsonObject(argument)) return argument;
  if ("$literal" in argument) return argument.$literal as Json;
  if ("$result" in argument) {
    const result = (names.get(argument.$result as string) as () => Part)().value;
    return argument.path === undefined ? result : inside(result, argument.path as string);
  }
  const entries = Object.entries(argument).map(([key, item]) => [key, withResults(item, names)] as const);
  return entries.some(([, item]) => item === undefined) ? undefined : (Object.fromEntries(entries) as Expected);
}

/** Only results of single tasks are taken apart, and those are plain JSON. */
function inside(result: Expected, path: string): Expected | undefined {
  let value = result as Json | undefined;
  for (const step of path.replaceAll("[", ".").replaceAll("]", "").split(".")) {
    const holder = typeof value === "object" && value !== null ? (value as Record<string, Json>) : {};
    value = Object.hasOwn(holder, step) ? holder[step] : undefined;
  }
  return value;
}

// ---- Chain -----------------------------------------------------------------------------------------------------------

function chainPart({ chain }: Chain, place: Place, tasks: ExpectedTask[]): Part {
  const links: Part[] = [];
  for (const [i, link] of chain.entries()) {
    const path = below(place.path, `[${i}]`);
    const before = links.at(-1);
    const at: Place =
      before === undefined
        ? { ...place, path }
        : {
            ...place,
            path,
            starts: place.starts && links.every(({ succeeds }) => succeeds),
            input: before.value,
            ready: before.succeeded,
          };
    links.push(partOf(link, at, tasks));
  }
  const failing = links.find(({ succeeds }) => !succeeds);
  const last = links.at(-1) as Part;
  const { succeeds, value, causes, failed } = failing ?? last;
  const started = failing ? links.slice(0, links.indexOf(failing) + 1) : links;
  const succeeded = failing ? never : last.succeeded;
  return { succeeds, value, causes, needed: union(started), succeeded, failed, single: null };
}

// ---- Group and chord -------------------------------------------------------------------------------------------------

function groupPart({ group }: Group, place: Place, tasks: ExpectedTask[]): Part {
  const members = group.map((member, i) => partOf(member, { ...place, path: below(place.path, `[${i}]`) }, tasks));
  return { ...allOf(members, place.ready), value: members.map(({ value }) => value) };
}

/** What comes of a header: `value` is what the callback gets. */
type Policy = (members: readonly Part[], ready: When) => Part;

/** The policies that random chords have. */
type DrawnPolicy = Extract<Chord["chord"]["when"], string>;

const policies: { readonly [When in DrawnPolicy]: Policy } = {
  "all-succeeded": (members, ready) => ({ ...allOf(members, ready), value: members.map(({ value }) => value) }),
  "all-settled": (members, ready) => ({
    succeeds: true,
    value: members.map(outcomeOf),
    causes: [],
    needed: union(members),
    succeeded: latest([ready, ...members.map(({ succeeds, succeeded, failed }) => (succeeds ? succeeded : failed))]),
    failed: never,
    single: null,
  }),
};

function chordPart({ chord }: Chord, place: Place, tasks: ExpectedTask[]): Part {
  const members = (chord.header as Workflow[]).map((member, i) =>
    partOf(member, { ...place, path: below(place.path, `header[${i}]`) }, tasks),
  );
  const header = policies[(chord.when ?? "all-succeeded") as DrawnPolicy](members, place.ready);
  if (chord.onError) {
    const at: Place = {
      ...place,
      path: below(place.path, "onError"),
      starts: place.starts && !header.succeeds,
      input: failuresOf(members),
      ready: header.failed,
    };
    taskPart(chord.onError, at, true, tasks);
  }
  if (!chord.callback) return header;
  const callback = partOf(
    chord.callback,
    {
      ...place,
      path: below(place.path, "callback"),
      starts: place.starts && header.succeeds,
      input: header.value,
      ready: header.succeeded,
    },
    tasks,
  );
  return header.succeeds ? { ...callback, needed: union([header, callback]), single: null } : header;
}

const ofThisRun = new Rule("an id of this run", (id) => typeof id === "string" && id.startsWith(runId));

/** A member as the callback of an all-settled header sees it. A branch is FAILED with its cause, or ends as its last task. */
function outcomeOf({ succeeds, value, causes, single }: Part): Expected {
  if (succeeds) return { status: "SUCCEEDED", value, taskId: single ? `${runId}/${single.path}` : ofThisRun };
  const failures = causes.map(({ path, status, error }) => ({
    status: single ? status : new Choice(["FAILED", status]),
    error: { name: error.name, message: error.message },
    taskId: `${runId}/${path}`,
  }));
  return new Choice(failures);
}

/** What an error callback gets: some of the failures there are, the first among them; one for each member, in order. */
function failuresOf(members: readonly Part[]): Expected {
  const failureIn = (index: number): Expected => {
    const causes = members[index]?.causes ?? [];
    return new Choice(
      causes.map(({ path, status, error }) => ({
        index,
        taskId: `${runId}/${path}`,
        status,
        error: { name: error.name, message: error.message },
      })),
    );
  };
  return new Rule("a summary of failures", (actual) => {
    const { failed, total, failures } = actual as unknown as { failed: number; total: number; failures: JsonObject[] };
    const known = failures.map(({ index }) => index as number);
    return (
      Object.keys(actual as object).length === 3 &&
      total === members.length &&
      failed === failures.length &&
      failed > 0 &&
      known.every((index, i) => i === 0 || index > (known[i - 1] as number)) &&
      failures.every((failure) => matches(failureIn(failure.index as number), failure))
    );
  });
}

// ---- Dag -------------------------------------------------------------------------------------------------------------

function dagPart({ dag }: Dag, place: Place, tasks: ExpectedTask[]): Part {
  const { nodes, output } = dag;
  const parts = new Map<string, Part>();
  const names = new Map([...place.names, ...Object.keys(nodes).map((name) => [name, () => node(name)] as const)]);
  const parentsOf = (name: string): readonly string[] => {
    const document = nodes[name] as DagNode & { readonly after?: readonly string[] };
    return [...new Set([...(document.after ?? []), ...usedIn(document)])].filter((used) => Object.hasOwn(nodes, used));
  };
  const ancestorsOf = (name: string): readonly string[] =>
    parentsOf(name).flatMap((parent) => [parent, ...ancestorsOf(parent)]);
  const starts = (name: string) => place.starts && ancestorsOf(name).every((before) => node(before).succeeds);
  const node = (name: string): Part => {
    const known = parts.get(name);
    if (known) return known;
    const parents = parentsOf(name).map(node);
    const part = partOf(
      nodes[name] as DagNode,
      {
        path: below(place.path, name),
        starts: starts(name),
        input: undefined,
        ready: parents.length === 0 ? place.ready : latest(parents.map(({ succeeded }) => succeeded)),
        names,
      },
      tasks,
    );
    parts.set(name, part);
    return part;
  };
  const all = Object.keys(nodes);
  const withAncestors = all.map((name) => ({
    ...node(name),
    needed: union([...ancestorsOf(name), name].map(node)),
    // One that never starts is no reason for anything.
    succeeds: node(name).succeeds || !starts(name),
  }));
  const sinks = all.filter((name) => !all.some((other) => parentsOf(other).includes(name)));
  const value =
    output === undefined ? Object.fromEntries(sinks.map((name) => [name, node(name).value])) : node(output).value;
  const ended = allOf(withAncestors, place.ready);
  return { ...ended, succeeds: all.every((name) => node(name).succeeds), value: value as Expected };
}

/** Names of results that a workflow uses and that no dag in it has. */
function usedIn(workflow: DagNode): readonly string[] {
  if ("task" in workflow) return usedInArguments((workflow.args ?? []) as Json);
  if ("chain" in workflow) return workflow.chain.flatMap(usedIn);
  if ("group" in workflow) return workflow.group.flatMap(usedIn);
  if ("dag" in workflow) {
    const { nodes } = workflow.dag;
    return Object.values(nodes)
      .flatMap(usedIn)
      .filter((name) => !Object.hasOwn(nodes, name));
  }
  if ("map" in workflow) throw new TypeError("maps are not drawn");
  const { header, callback, onError } = workflow.chord;
  return [...(header as Workflow[]), ...(callback ? [callback] : []), ...(onError ? [onError] : [])].flatMap(usedIn);
}

function usedInArguments(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => usedInArguments(item as Json));
  if (!isJsonObject(value) || "$literal" in value) return [];
  return "$result" in value ? [value.$result as string] : Object.values(value).flatMap(usedInArguments);
}

// ---- All of several --------------------------------------------------------------------------------------------------

const never: When = () => undefined;

/** Parts that start together and all have to succeed; the first failure is theirs. */
function allOf(parts: readonly Part[], ready: When): Omit<Part, "value"> {
  const failing = parts.filter(({ succeeds }) => !succeeds);
  return {
    succeeds: failing.length === 0,
    causes: failing.flatMap(({ causes }) => causes),
    needed: failing.length === 0 ? union(parts) : common(failing),
    succeeded: failing.length === 0 ? latest([ready, ...parts.map(({ succeeded }) => succeeded)]) : never,
    failed: earliest(failing.map(({ failed }) => failed)),
    single: null,
  };
}

function union(parts: readonly Pick<Part, "needed">[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ needed }) => [...needed]));
}

/** What has ended whichever of these has. */
function common(parts: readonly Part[]): ReadonlySet<string> {
  return new Set([...union(parts)].filter((path) => parts.every(({ needed }) => needed.has(path))));
}

export function isBefore(a: Moment, b: Moment): boolean {
  return a.atMs === b.atMs ? a.sequence < b.sequence : a.atMs < b.atMs;
}

function latest(whens: readonly When[]): When {
  return (history) => {
    const moments = whens.map((when) => when(history));
    return moments.reduce((a, b) => (a && b ? (isBefore(a, b) ? b : a) : undefined));
  };
}

function earliest(whens: readonly When[]): When {
  return (history) =>
    whens.reduce<Moment | undefined>((first, when) => {
      const moment = when(history);
      return first === undefined || (moment && isBefore(moment, first)) ? moment : first;
    }, undefined);
}
