/**
 * What a workflow comes to, by the contract alone: read off the document, part by part, in the plainest way. Knows nothing of
 * plans, joins or messages.
 *
 * Each task ends as its script says, so whether a part succeeds does not depend on time. What does: which of several failures
 * comes first, what else has started by then, and which members a quorum was decided with. That is left open here, and what
 * must hold whichever way it went is said with {@link When}: moments that follow from when the tasks of a run were seen to end.
 *
 * Of a second generation it is told what the first has left: successes, and headers that were decided for their callbacks.
 * These stay as they are, everything else runs again, and then every script succeeds.
 *
 * A canvas is a function in `canvases`, a policy of a chord one in policies.ts.
 */
import { isJsonObject, type Json } from "../../../lib/model/json.ts";
import { defaults } from "../../../lib/model/limits.ts";
import type {
  CanvasKey,
  Chain,
  Chord,
  Dag,
  DagNode,
  Group,
  MapWorkflow,
  NodeCondition,
  Sleep,
  Task,
  Workflow,
} from "../../../lib/model/workflow.ts";
import { type Expected, same } from "./expected.ts";
import {
  allOf,
  allToTheEnd,
  type ExpectedHeader,
  type ExpectedTask,
  latest,
  never,
  type Part,
  type Skip,
  union,
  type When,
} from "./part.ts";
import { allSucceeded, anyText, failuresOf, type Header, headerOf, markerOf, somewhere } from "./policies.ts";
import { messageOf, reasonOf, resultOf, scriptOf } from "./script.ts";

/** What is run: a workflow, and whether it goes on after a failure. */
export interface Submitted {
  readonly workflow: Workflow;
  readonly onFailure: "fail-fast" | "finish";
}

/** What the generation before has left. */
export interface Before {
  /** Paths of tasks that succeeded. */
  readonly succeeded: ReadonlySet<string>;
  /** Paths of tasks that were skipped by choice. */
  readonly skipped: ReadonlySet<string>;
  /** Paths of headers and groups that were decided for what follows them. */
  readonly decided: ReadonlySet<string>;
  readonly lists: ReadonlyMap<string, Json>;
}

/** What is expected of a whole run, in one generation. */
export interface Reference {
  readonly submitted: Submitted;
  readonly root: Part;
  /** Every task of the document. */
  readonly tasks: readonly ExpectedTask[];
  /** Every group and header of the document that has members. */
  readonly headers: readonly ExpectedHeader[];
  /** Paths of those without members that take turns with others. */
  readonly unseenTurns: readonly string[];
  /** Paths of groups and headers that do not run: that is decided when they would be released, while the run goes on. */
  readonly omitted: readonly string[];
  /** What quorums have given their callbacks, once it was seen; by path. */
  readonly lists: Map<string, Json>;
}

/**
 * Whether moments are lower bounds only: where a worker is lost, and where something without members takes turns with others,
 * since nothing is to be seen of its turn.
 */
export function isLoose(reference: Reference): boolean {
  return losesWorkers(reference) || reference.unseenTurns.length > 0;
}

/** Whether some task kills its process. */
export function losesWorkers({ tasks }: Reference): boolean {
  return tasks.some(({ task }) => scriptOf(task.headers ?? {}).does.includes("die"));
}

/** Whether some members may get a second copy: then they make more acts than their scripts need, or end before all of them. */
export function isHedged({ submitted }: Reference): boolean {
  return JSON.stringify(submitted.workflow).includes('"hedge"');
}

/** What a part is told by what is around it. */
interface Place {
  readonly path: string;
  readonly starts: boolean;
  /** Set when it does not run: by choice of what comes before it, or since its condition does not hold. */
  readonly omitted: Omitted | null;
  /** The result before it; undefined when there is none. */
  readonly input: Expected | undefined;
  readonly ready: When;
  /** Nodes of the dags around it, by name; the innermost has a name. */
  readonly names: ReadonlyMap<string, () => Part>;
  /** A failure here ends nothing: what does not follow from it goes on. Not so in a member whose failure is an outcome. */
  readonly finish: boolean;
  /** In a map that runs a few of its members at a time. */
  readonly takesTurns: boolean;
  /** Below a header that was taken over from the generation before: nothing runs. */
  readonly kept: boolean;
}

interface Omitted extends Skip {
  readonly by: "what comes before" | "its condition";
}

/** What is gathered on the way through the document. */
interface Found extends Pick<Reference, "lists"> {
  readonly tasks: ExpectedTask[];
  readonly headers: ExpectedHeader[];
  readonly unseenTurns: string[];
  readonly omitted: string[];
  /** Undefined in the first generation. */
  readonly before: Before | undefined;
}

/** @param before - Of a second generation: what the first has left. */
export function referenceOf(submitted: Submitted, before?: Before): Reference {
  const found: Found = { tasks: [], headers: [], unseenTurns: [], omitted: [], lists: new Map(before?.lists), before };
  const place: Place = {
    path: "",
    starts: true,
    omitted: null,
    input: undefined,
    ready: (history) => history.startedAt,
    names: new Map(),
    finish: submitted.onFailure === "finish",
    takesTurns: false,
    kept: false,
  };
  const root = partOf(submitted.workflow, place, found);
  return { submitted, root, ...found };
}

type Canvas<Kind> = (workflow: Kind, place: Place, found: Found) => Part;

const canvases: { readonly [Key in CanvasKey]: Canvas<Extract<Workflow, Record<Key, unknown>>> } = {
  task: (task, place, found) => taskPart(task, place, false, found).part,
  sleep: sleepPart,
  chain: chainPart,
  group: groupPart,
  chord: chordPart,
  dag: dagPart,
  map: mapPart,
};

function partOf(workflow: DagNode, place: Place, found: Found): Part {
  const key = (Object.keys(canvases) as CanvasKey[]).find((candidate) => candidate in workflow) as CanvasKey;
  return (canvases[key] as Canvas<DagNode>)(workflow, place, found);
}

const below = (path: string, step: string) => (path === "" ? step : `${path}/${step}`);

// ---- Task ------------------------------------------------------------------------------------------------------------

/** @param afterEnd - True for an error callback: it runs anew in a new generation, since its chord is decided anew. */
function taskPart(
  task: Task,
  place: Place,
  afterEnd: boolean,
  found: Found,
): { readonly part: Part; readonly expected: ExpectedTask } {
  const path = place.path || "task";
  const { ready, takesTurns, omitted } = place;
  const starts = place.starts && omitted?.by !== "what comes before";
  const wasSkipped = !afterEnd && found.before?.skipped.has(path) === true;
  const kept = place.kept || wasSkipped || (!afterEnd && found.before?.succeeded.has(path) === true);
  const args = starts ? argumentsOf(task, place) : [];
  const value = scriptOf(task.headers ?? {}).value;
  const asScripted = found.before === undefined || place.kept || wasSkipped;
  const end = omitted ? left : endOf(task, path, args, asScripted ? "as scripted" : "succeeds");
  const skip = omitted ?? (end.status === "SKIPPED" ? { reasons: [reasonOf(value, path) ?? null] } : null);
  const expected: ExpectedTask = {
    path,
    task,
    sleeps: false,
    starts,
    afterEnd,
    kept,
    ready,
    takesTurns,
    args: args ?? [],
    value: skip ? markerOf(skip) : resultOf(value, path),
    ...end,
  };
  found.tasks.push(expected);
  const part = starts ? singlePart(expected, expected.value) : leftOut(place, markerOf(skip ?? noReason));
  return { part: { ...part, skip }, expected };
}

function singlePart(expected: ExpectedTask, gives: Expected | undefined): Part {
  const { path, status, value } = expected;
  const succeeds = status === "SUCCEEDED" || status === "SKIPPED";
  const ended: When = (history) => history.ended(expected);
  return {
    succeeds,
    skip: null,
    value,
    gives,
    causes: succeeds ? [] : [expected],
    needed: new Set([path]),
    succeeded: succeeds ? ended : never,
    failed: succeeds ? never : ended,
    single: expected,
  };
}

/** What comes of a part that does not run, by choice of something before it: as soon as that is known. */
function leftOut({ ready }: Place, marker: Expected): Part {
  return {
    succeeds: true,
    skip: null,
    value: marker,
    gives: marker,
    causes: [],
    needed: new Set(),
    succeeded: ready,
    failed: never,
    single: null,
  };
}

const noReason: Skip = { reasons: [null] };

type End = Pick<ExpectedTask, "status" | "acts" | "error">;

/** Arguments that cannot be made never can. */
const unusable: End = { status: "FAILED", acts: 0, error: { name: "FatalError", message: anyText } };

/** A condition that does not hold is looked at before the body would be entered. */
const left: End = { status: "SKIPPED", acts: 0, error: { name: "", message: "" } };

const success = { status: "SUCCEEDED", error: { name: "", message: "" } } as const;

/** Plays a script to its end. A lost worker is no failure. */
function endOf(
  task: Task,
  path: string,
  args: readonly Expected[] | undefined,
  script: "as scripted" | "succeeds",
): End {
  if (args === undefined) return unusable;
  if (script === "succeeds") return { ...success, acts: 1 };
  const { does } = scriptOf(task.headers ?? {});
  const maxAttempts = task.retry?.maxAttempts ?? defaults.retry.maxAttempts;
  let failures = 0;
  for (let acts = 1; ; acts++) {
    const act = does[Math.min(acts, does.length) - 1];
    if (act === "succeed") return { ...success, acts };
    if (act === "skip") return { ...left, acts };
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

// ---- Sleep -----------------------------------------------------------------------------------------------------------

/** Its value is what came before it, or null; what follows gets that too, or nothing. */
function sleepPart({ sleep }: Sleep, place: Place, found: Found): Part {
  const path = place.path || "sleep";
  const expected: ExpectedTask = {
    path,
    task: typeof sleep === "number" ? { delaySeconds: sleep } : { at: sleep.until },
    sleeps: true,
    starts: place.starts && place.omitted === null,
    afterEnd: false,
    kept: place.kept || found.before?.succeeded.has(path) === true || found.before?.skipped.has(path) === true,
    ready: place.ready,
    takesTurns: place.takesTurns,
    args: [],
    value: place.input ?? null,
    ...success,
    acts: 0,
  };
  found.tasks.push(expected);
  if (place.omitted) return { ...leftOut(place, markerOf(place.omitted)), skip: place.omitted };
  return singlePart(expected, place.input);
}

// ---- Chain -----------------------------------------------------------------------------------------------------------

function chainPart({ chain }: Chain, place: Place, found: Found): Part {
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
            omitted: before.skip && { ...before.skip, by: "what comes before" },
            input: before.gives,
            ready: before.succeeded,
          };
    links.push(partOf(link, at, found));
  }
  const failing = links.find(({ succeeds }) => !succeeds);
  const last = links.at(-1) as Part;
  const { succeeds, skip, value, gives, causes, failed } = failing ?? last;
  const started = failing ? links.slice(0, links.indexOf(failing) + 1) : links;
  const succeeded = failing ? never : last.succeeded;
  return { succeeds, skip, value, gives, causes, needed: union(started), succeeded, failed, single: null };
}

// ---- Group and chord -------------------------------------------------------------------------------------------------

/** A header or group, and what is in it: as it was when the generation before has decided it for what follows. */
function insideOf(place: Place, { before }: Found): Place {
  const kept = place.kept || before?.decided.has(place.path || ".") === true;
  return { ...place, kept, starts: place.starts && place.omitted === null, omitted: null };
}

/** What follows members: left out with them, where they are. */
function headerAt(header: Header, place: Place, found: Found): Part {
  const { omitted, takesTurns, path } = place;
  if (omitted === null) return { ...header, gives: header.value };
  found.omitted.push(path);
  if (takesTurns) found.unseenTurns.push(path);
  return { ...leftOut(place, markerOf(omitted)), skip: omitted };
}

function groupPart({ group }: Group, place: Place, found: Found): Part {
  const inside = insideOf(place, found);
  const members = group.map((member, i) => partOf(member, { ...inside, path: below(place.path, `[${i}]`) }, found));
  const header = allSucceeded(members, { ...inside, path: place.path || ".", lists: found.lists });
  note(header, members, inside, null, found);
  return headerAt(header, place, found);
}

/**
 * A map over the result before it, or a chord over one: one task to what is around it, and a run of its own, with paths of its
 * own. Of what is in that, nothing is expected here but what it comes to.
 */
function expandedPart(workflow: MapWorkflow | Chord, place: Place, found: Found): Part {
  const path = place.path || "map";
  const starts = place.starts && place.omitted === null;
  const inside =
    starts && Array.isArray(place.input) ? expanded(workflow, place.input as readonly Json[], place) : null;
  // What is no list cannot be gone over.
  const succeeds = inside?.succeeds ?? !starts;
  const expected: ExpectedTask = {
    path,
    task: {},
    sleeps: false,
    starts,
    afterEnd: false,
    kept: place.kept,
    ready: place.ready,
    takesTurns: place.takesTurns,
    args: [],
    value: inside ? inside.value : null,
    acts: 0,
    ...(succeeds ? success : { status: "FAILED", error: somewhere.error }),
  };
  found.tasks.push(expected);
  if (place.omitted) return { ...leftOut(place, markerOf(place.omitted)), skip: place.omitted };
  const part = singlePart(expected, expected.value);
  return succeeds ? part : { ...part, causes: [somewhere] };
}

function expanded(workflow: MapWorkflow | Chord, over: readonly Json[], { finish }: Place): Part {
  const withList = (one: MapWorkflow): MapWorkflow => ({ map: { ...one.map, over: [...over] } });
  const document: Workflow =
    "map" in workflow
      ? withList(workflow)
      : { chord: { ...workflow.chord, header: withList(workflow.chord.header as MapWorkflow) } };
  return referenceOf({ workflow: document, onFailure: finish ? "finish" : "fail-fast" }).root;
}

/** Whether a list is still to come. */
const isToCome = ({ map }: MapWorkflow) => !Array.isArray(map.over);

function mapPart(workflow: MapWorkflow, place: Place, found: Found): Part {
  if (isToCome(workflow)) return expandedPart(workflow, place, found);
  const inside = insideOf(place, found);
  const members = copies(workflow, inside, "", found);
  const header = allSucceeded(members, { ...inside, path: place.path || ".", lists: found.lists });
  note(header, members, inside, null, found);
  return headerAt(header, place, found);
}

/** Each item is to its copy what a result before it would be. */
function copies({ map }: MapWorkflow, place: Place, prefix: string, found: Found): readonly Part[] {
  const takesTurns = place.takesTurns || map.maxConcurrency !== undefined;
  return (map.over as readonly Json[]).map((input, i) =>
    partOf(map.each, { ...place, input, takesTurns, path: below(place.path, `${prefix}[${i}]`) }, found),
  );
}

function chordPart(workflow: Chord, place: Place, found: Found): Part {
  const { chord } = workflow;
  if (!Array.isArray(chord.header) && isToCome(chord.header)) return expandedPart(workflow, place, found);
  const inside = insideOf(place, found);
  const absorbs = chord.when !== undefined && chord.when !== "all-succeeded";
  const within = { ...inside, finish: place.finish && !absorbs };
  const members = Array.isArray(chord.header)
    ? chord.header.map((member, i) => partOf(member, { ...within, path: below(place.path, `header[${i}]`) }, found))
    : copies(chord.header, within, "header", found);
  const header = headerOf(chord.when, members, { ...inside, path: place.path || ".", lists: found.lists });
  note(header, members, inside, onErrorOf(chord, { place, header, members }, found), found);
  const decided = headerAt(header, place, found);
  if (!chord.callback) return decided;
  const callback = partOf(
    chord.callback,
    {
      ...place,
      path: below(place.path, "callback"),
      starts: place.starts && decided.succeeds,
      omitted: decided.skip && { ...decided.skip, by: "what comes before" },
      input: decided.value,
      ready: decided.succeeded,
    },
    found,
  );
  if (!decided.succeeds) return { ...header, gives: undefined };
  return { ...callback, needed: union([decided, callback]), single: null };
}

interface Chorded {
  readonly place: Place;
  readonly header: Header;
  readonly members: readonly Part[];
}

function onErrorOf(
  { onError }: Chord["chord"],
  { place, header, members }: Chorded,
  found: Found,
): ExpectedTask | null {
  if (!onError) return null;
  const at: Place = {
    ...place,
    path: below(place.path, "onError"),
    starts: place.starts && place.omitted === null && !header.succeeds,
    omitted: null,
    input: failuresOf(members, place.finish),
    ready: place.starts && place.omitted === null ? header.failed : never,
  };
  return taskPart(onError, at, true, found).expected;
}

/** One without members is decided from the start, and nothing is to be seen of it. */
function note(
  header: Header,
  members: readonly Part[],
  inside: Place,
  onError: ExpectedTask | null,
  found: Found,
): void {
  if (members.length === 0) {
    if (inside.takesTurns) found.unseenTurns.push(inside.path);
    return;
  }
  const { policy, succeeds, succeeded, failed, failures } = header;
  found.headers.push({
    path: inside.path || ".",
    policy,
    starts: inside.starts,
    kept: inside.kept,
    members,
    decision: succeeds ? "callback" : "error",
    decided: succeeds ? succeeded : failed,
    failures,
    onError,
  });
}

// ---- Dag -------------------------------------------------------------------------------------------------------------

function dagPart({ dag }: Dag, place: Place, found: Found): Part {
  const { nodes, output } = dag;
  const parts = new Map<string, Part>();
  const names = new Map([...place.names, ...Object.keys(nodes).map((name) => [name, () => node(name)] as const)]);
  const parentsOf = (name: string): readonly string[] => {
    const document = nodes[name] as PlacedNode;
    const looked = document.if === undefined ? [] : [document.if.$result];
    return [...new Set([...(document.after ?? []), ...looked, ...usedIn(document)])].filter((used) =>
      Object.hasOwn(nodes, used),
    );
  };
  const ancestorsOf = (name: string): readonly string[] =>
    parentsOf(name).flatMap((parent) => [parent, ...ancestorsOf(parent)]);
  const starts = (name: string) => place.starts && ancestorsOf(name).every((before) => node(before).succeeds);
  const omission = (name: string, skips: readonly Skip[]): Omitted | null => {
    if (parentsOf(name).length === 0) return place.omitted;
    if (skips.length === 0) return unmet(nodes[name] as PlacedNode, node);
    return { reasons: skips.flatMap(({ reasons }) => reasons), by: "what comes before" };
  };
  const node = (name: string): Part => {
    const known = parts.get(name);
    if (known) return known;
    const parents = parentsOf(name).map(node);
    const skips = parents.flatMap(({ skip }) => skip ?? []);
    const omitted = ancestorsOf(name).every((before) => node(before).succeeds) ? omission(name, skips) : null;
    const part = partOf(
      nodes[name] as DagNode,
      {
        ...place,
        path: below(place.path, name),
        starts: starts(name),
        omitted,
        input: undefined,
        ready: parents.length === 0 ? place.ready : latest(parents.map(({ succeeded }) => succeeded)),
        names,
      },
      found,
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
  const ended = place.finish
    ? allToTheEnd(all.filter(starts).map(node), place.ready)
    : allOf(withAncestors, place.ready);
  const skips = sinks.flatMap((name) => node(name).skip ?? []);
  const isSkipped = skips.length === sinks.length && all.every((name) => node(name).succeeds);
  return {
    ...ended,
    skip: isSkipped ? { reasons: skips.flatMap(({ reasons }) => reasons) } : null,
    succeeds: all.every((name) => node(name).succeeds),
    value: value as Expected,
    gives: value as Expected,
  };
}

type PlacedNode = DagNode & { readonly after?: readonly string[]; readonly if?: NodeCondition };

/** Only results of single tasks are looked at, and those are plain JSON. A part that is not there equals nothing. */
function unmet({ if: condition }: PlacedNode, node: (name: string) => Part): Omitted | null {
  if (condition === undefined) return null;
  const { $result, path, equals } = condition;
  const { value } = node($result);
  const found = path === undefined ? value : inside(value, path);
  if (found !== undefined && same(found, equals)) return null;
  const of = path === undefined ? $result : `${$result}.${path}`;
  return { reasons: [`condition not met: ${of} is not ${JSON.stringify(equals)}`], by: "its condition" };
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
  if ("sleep" in workflow) return [];
  if ("map" in workflow) return usedIn(workflow.map.each);
  const { header, callback, onError } = workflow.chord;
  const members = Array.isArray(header) ? header : [header];
  return [...members, ...(callback ? [callback] : []), ...(onError ? [onError] : [])].flatMap(usedIn);
}

function usedInArguments(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item) => usedInArguments(item as Json));
  if (!isJsonObject(value) || "$literal" in value) return [];
  return "$result" in value ? [value.$result as string] : Object.values(value).flatMap(usedInArguments);
}
