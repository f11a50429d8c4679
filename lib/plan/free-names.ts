/**
 * The names a workflow needs from the dags around it.
 */
import { segmentText } from "../model/document-path.ts";
import type { Json } from "../model/json.ts";
import type { DagNode, Sleep, Workflow } from "../model/workflow.ts";
import { findReferences } from "./references.ts";

/** Names by workflow object, so that nested dags do not walk their insides again and again. */
export type NameCache = Map<object, ReadonlySet<string>>;

const nothing: ReadonlySet<string> = new Set();

/**
 * Names used by `$result` that no dag inside the workflow has.
 *
 * @param at - Path of the workflow in the document, for errors.
 */
export function freeNames(workflow: Workflow | DagNode, at: string, cache: NameCache): ReadonlySet<string> {
  const known = cache.get(workflow);
  if (known !== undefined) return known;
  const inside =
    "task" in workflow
      ? namesInArgs((workflow.args ?? []) as readonly Json[], `${at}.args`)
      : "sleep" in workflow
        ? nothing
        : namesInside(workflow, at, cache);
  const condition = "if" in workflow ? workflow.if : undefined;
  const names = condition === undefined ? inside : new Set([...inside, condition.$result]);
  cache.set(workflow, names);
  return names;
}

function namesInArgs(args: readonly Json[], at: string): ReadonlySet<string> {
  const { results } = findReferences(args, at);
  return results.length === 0 ? nothing : new Set(results.map(({ name }) => name));
}

function namesInside(canvas: Canvas, at: string, cache: NameCache): ReadonlySet<string> {
  const names = new Set<string>();
  if ("map" in canvas && canvas.map.over !== undefined && !Array.isArray(canvas.map.over))
    names.add(canvas.map.over.$result);
  for (const [part, partAt] of partsOf(canvas, at)) {
    for (const name of freeNames(part, partAt, cache)) names.add(name);
  }
  if ("dag" in canvas) {
    for (const name of Object.keys(canvas.dag.nodes)) names.delete(name);
  }
  return names;
}

type Canvas = Exclude<Workflow | DagNode, { task: string } | Sleep>;
type Part = readonly [workflow: Workflow | DagNode, at: string];

/** The workflows directly inside a canvas, with their paths. */
function partsOf(canvas: Canvas, at: string): readonly Part[] {
  const numbered = (list: readonly Workflow[], key: string) =>
    list.map((part, i): Part => [part, `${at}.${key}[${i}]`]);
  if ("chain" in canvas) return numbered(canvas.chain, "chain");
  if ("group" in canvas) return numbered(canvas.group, "group");
  if ("map" in canvas) return [[canvas.map.each, `${at}.map.each`]];
  if ("dag" in canvas)
    return Object.entries(canvas.dag.nodes).map(([name, part]) => [part, `${at}.dag.nodes${segmentText(name)}`]);
  const { header, callback, onError } = canvas.chord;
  return [
    ...(Array.isArray(header)
      ? numbered(header, "chord.header")
      : [[header.map.each, `${at}.chord.header.map.each`] as const]),
    ...(callback ? [[callback, `${at}.chord.callback`] as const] : []),
    ...(onError ? [[onError, `${at}.chord.onError`] as const] : []),
  ];
}
