/**
 * The picture of a run in the languages of Mermaid and Graphviz. Pure: the same report gives the same text.
 */
import type { TaskStatus } from "../../lib/model/outcome.ts";
import type { GraphEdge, GraphReport, GraphUnit } from "../../lib/model/view-reports.ts";
import { plainLine } from "./plain.ts";
import { statesText, symbols } from "./symbols.ts";

const unpainted = (_: unknown, text: string) => text;

/** What both languages draw: boxes, frames around some of them, and arrows. Names are safe in either. */
interface Picture {
  readonly boxes: readonly Box[];
  readonly arrows: readonly (GraphEdge & { readonly within: string })[];
}

interface Box {
  readonly name: string;
  readonly lines: readonly string[];
  readonly status: TaskStatus;
  /** A join is drawn as what its members lead to. */
  readonly shape: "task" | "join" | "folded";
  /** The frame around its members. Only of joins, chains, dags, and maps with a run. */
  readonly frame?: { readonly title: string; readonly inside: readonly Box[] };
}

/** Mermaid, as GitHub and most wikis render it. */
export function mermaidText(report: GraphReport): string {
  const { boxes, arrows } = pictureOf(report);
  const lines = [
    "flowchart TD",
    ...boxes.flatMap((box) => mermaidBox(box, "  ")),
    ...arrows.map(({ from, to, kind }) => `  ${from} ${kind === "error" ? "-. error .->" : "-->"} ${to}`),
    ...mermaidClasses(boxes),
  ];
  return `${lines.join("\n")}\n`;
}

function mermaidBox(box: Box, indent: string): string[] {
  const text = box.lines.map(mermaidEscape).join("<br/>");
  const [open, close] = box.shape === "join" ? ["{{", "}}"] : box.shape === "folded" ? ["[[", "]]"] : ["[", "]"];
  const own = `${indent}${box.name}${open}"${text}"${close}:::${box.status}`;
  const { frame } = box;
  if (frame === undefined) return [own];
  return [
    `${indent}subgraph ${box.name}_in["${mermaidEscape(frame.title)}"]`,
    ...frame.inside.flatMap((inner) => mermaidBox(inner, `${indent}  `)),
    `${indent}end`,
    ...(box.shape === "join" ? [own] : []),
  ];
}

/** Quotes, brackets and the like would end a text, or be markup in it. */
function mermaidEscape(text: string): string {
  return plainLine(text).replace(/["#&<>`\\[\]{}|]/g, (character) => `#${character.codePointAt(0)};`);
}

/** Strokes only: texts keep the colour of the page, so they are legible in light and dark. */
const strokes: Readonly<Record<TaskStatus, string>> = {
  SUCCEEDED: "#2da44e",
  RUNNING: "#3b82f6",
  RETRYING: "#c98a00",
  QUEUED: "#0e9aa7",
  WAITING: "#8b949e",
  FAILED: "#e5484d",
  TIMED_OUT: "#e5484d",
  REVOKED: "#c98a00",
  SKIPPED: "#8b949e",
};

function mermaidClasses(boxes: readonly Box[]): string[] {
  const all = (some: readonly Box[]): readonly TaskStatus[] =>
    some.flatMap(({ status, frame }) => [status, ...(frame === undefined ? [] : all(frame.inside))]);
  return [...new Set(all(boxes))].sort().map((status) => {
    const dashed = status === "SKIPPED" || status === "WAITING" ? ",stroke-dasharray:4 3" : "";
    return `  classDef ${status} stroke:${strokes[status]},stroke-width:2px${dashed}`;
  });
}

/** Graphviz. `class` names the state: the SVG of `tutti graph --format svg` is coloured by it. */
export function dotText(report: GraphReport): string {
  const { boxes, arrows } = pictureOf(report);
  const lines = [
    `digraph "${dotEscape(report.run.id)}" {`,
    '  graph [rankdir=TB, bgcolor="transparent", fontname="Helvetica,Arial,sans-serif", fontsize=11, nodesep=0.3, ranksep=0.45];',
    '  node [shape=box, style="rounded", fontname="Helvetica,Arial,sans-serif", fontsize=11, margin="0.14,0.07", penwidth=1.5];',
    '  edge [arrowsize=0.7, color="#8b949e"];',
    ...boxes.flatMap((box) => dotBox(box, "  ")),
    ...arrows.map(
      ({ from, to, kind }) => `  ${from} -> ${to}${kind === "error" ? ' [style=dashed, class="error"]' : ""};`,
    ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

function dotBox(box: Box, indent: string): string[] {
  const text = box.lines.map(dotEscape).join("\\n");
  const shape =
    box.shape === "join"
      ? ', shape=hexagon, style=solid, margin="0,0"'
      : box.shape === "folded"
        ? ", peripheries=2"
        : "";
  const own = `${indent}${box.name} [label="${text}", class="${box.status}", color="${strokes[box.status]}"${shape}];`;
  const { frame } = box;
  if (frame === undefined) return [own];
  return [
    `${indent}subgraph cluster_${box.name} {`,
    `${indent}  label="  ${dotEscape(frame.title)}"; labeljust=l; style="rounded"; color="#8b949e"; class="frame";`,
    ...frame.inside.flatMap((inner) => dotBox(inner, `${indent}  `)),
    `${indent}}`,
    ...(box.shape === "join" ? [own] : []),
  ];
}

function dotEscape(text: string): string {
  return plainLine(text).replace(/[\\"]/g, (character) => `\\${character}`);
}

function pictureOf(report: GraphReport, prefix = "n"): Picture {
  const names = new Map(report.units.map(({ id }, i) => [id, `${prefix}${i}`]));
  const arrows: Picture["arrows"][number][] = [];
  const childOf = (unit: GraphUnit) => report.children.find(({ run }) => run.id === unit.run);
  const boxesIn = (parent: string | null): Box[] =>
    report.units.filter((unit) => unit.parent === parent).flatMap((unit) => boxesOf(unit));
  const boxesOf = (unit: GraphUnit): Box[] => {
    const name = names.get(unit.id) ?? prefix;
    const inside = report.units.filter(({ parent }) => parent === unit.id);
    const box: Box = { name, lines: linesOf(unit), status: unit.status, shape: shapeOf(unit) };
    const child = childOf(unit);
    if (child !== undefined) {
      const within = pictureOf(child, `${name}_`);
      arrows.push(...within.arrows);
      const frame = { title: `run ${child.run.id.slice(0, 16)}…`, inside: [box, ...within.boxes] };
      return [{ ...box, name: `${name}_run`, shape: "task", frame }];
    }
    if (inside.length === 0) return [box];
    if (unit.join === null) return [{ ...box, shape: "task", frame: { title: unit.title, inside: boxesIn(unit.id) } }];
    // Callbacks come after the join, so they lie outside its frame.
    const members = inside.filter(({ role }) => role === "member").flatMap(boxesOf);
    const others = inside.filter(({ role }) => role !== "member").flatMap(boxesOf);
    return [
      { ...box, frame: { title: `${unit.title} header`.replace("group header", "group"), inside: members } },
      ...others,
    ];
  };
  const boxes = boxesIn(null);
  for (const edge of report.edges) {
    const [from, to] = [names.get(edge.from), names.get(edge.to)];
    if (from !== undefined && to !== undefined) arrows.push({ ...edge, from, to, within: prefix });
  }
  return { boxes, arrows };
}

function shapeOf({ join, count }: GraphUnit): Box["shape"] {
  return join !== null ? "join" : count > 1 ? "folded" : "task";
}

function linesOf({ title, label, count, status, states, join, role, id }: GraphUnit): readonly string[] {
  const name = label === null ? title : `${title} ${label}`;
  const at = id.slice(id.lastIndexOf("/") + 1);
  const isNamed = role === "step" && !at.startsWith("[") && at !== "." && at !== "task" && at !== title;
  const shown = isNamed ? `${at}: ${name}` : name;
  if (join !== null)
    return [
      `${symbols[status]} ${title}${count > 1 ? ` × ${count}` : ""}`,
      `${join.arrived} of ${join.expected} arrived`,
    ];
  if (count > 1) return [`${shown} × ${count}`, statesText(states, unpainted)];
  return [`${symbols[status]} ${shown}`];
}
