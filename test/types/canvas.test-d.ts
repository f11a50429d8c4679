/**
 * What the types of the canvas accept and refuse. Checked by tsc; nothing here runs.
 */
import { z } from "zod";
import { after, chain, chord, dag, group, map } from "../../lib/canvas/canvas.ts";
import { literal, ref } from "../../lib/canvas/reference.ts";
import { declareTask, defineTask } from "../../lib/tasks/define-task.ts";

const resize = defineTask(
  { name: "resize", args: z.tuple([z.url(), z.int().positive()]) },
  async (ctx, url, widthPx) => {
    ctx.log.info(url.toUpperCase(), { widthPx: widthPx.toFixed() });
    await ctx.heartbeat();
  },
);
const collect = defineTask(
  { name: "collect", args: z.tuple([z.array(z.number()), z.string(), z.object({ a: z.number() }).optional()]) },
  (_ctx, list, name, options) => list.length + name.length + (options?.a ?? 0),
);
const none = defineTask({ name: "none", args: z.tuple([]) }, () => {});
const many = defineTask({ name: "many", args: z.array(z.any()) }, (_ctx, ...all) => all.length);
const rest = defineTask({ name: "rest", args: z.tuple([z.string()], z.number()) }, (_ctx, first, ...all) => [
  first.trim(),
  all.map((number) => number.toFixed()),
]);
const json = declareTask({ name: "json", queue: "python", args: z.tuple([z.json(), z.string()]) });
const parsed = defineTask({ name: "parsed", args: z.tuple([z.string().transform(Number)]) }, (_ctx, n) => n.toFixed());

// All arguments, or those after the result.
resize.with("a", 200);
resize.with(200);
collect.with([1], "run");
collect.with("run");
collect.with("run", { a: 1 });
none.with();
many.with();
many.with(1, "x", {});
rest.with("a", 1, 2);
rest.with(1, 2);
json.with({ a: [1] }, "x");
json.with("x");
parsed.with("5");

// References anywhere.
resize.with(ref("fetch"), 200);
collect.with(ref("fetch", "items"), "x", { a: ref("n") });
collect.with([1, ref("n")], "x");
json.with({ deep: [ref("x")] }, literal({ $result: "no" }));

// @ts-expect-error the second argument is a number
resize.with("a", "b");
// @ts-expect-error one argument alone is the second
resize.with("a");
// @ts-expect-error too few
resize.with();
// @ts-expect-error too many
resize.with("a", 1, 2);
// @ts-expect-error it takes none
none.with(1);
// @ts-expect-error a wrong part
collect.with([1], "x", { a: "b" });
// @ts-expect-error before parsing it is a string
parsed.with(5);
// @ts-expect-error a schema of one value is no list of arguments
defineTask({ name: "t", args: z.string() }, () => {});
// @ts-expect-error the body gets a string
defineTask({ name: "t", args: z.tuple([z.string()]) }, (_ctx, n: number) => n);

chord([resize.with("a", 1), chain(none, many)], collect.with("x"), { when: "all-settled", onError: many.with("ops") });
dag({
  nodes: { a: none, b: after(["a"], group([many.with(ref("a"))])), c: { task: "other", after: ["a"] } },
  output: "b",
});
// A map over a list, over the result of a dag node, or over what comes before; also as a header.
map(resize.with(200), { over: ["a", "b"], maxConcurrency: 2 });
map(chain(none, many), { over: [1, { a: [null] }] });
dag({ nodes: { urls: none, all: map(resize.with(200), { over: ref("urls", "items") }) } });
chain(none, map(resize.with(200)));
chord(map(resize.with(200), { over: ["a"] }), collect.with("x"), { when: "all-settled" });
// @ts-expect-error items are a list
map(none, { over: "abc" });
// @ts-expect-error a number of members
map(none, { over: [], maxConcurrency: "2" });
// @ts-expect-error a map is no list of maps
chord([map(none)], none, { when: "sometimes" });
// @ts-expect-error an error callback is one task
chord([none], none, { onError: chain(none) });
// @ts-expect-error a chain has at least one element
chain();
// @ts-expect-error not a workflow
group(["a"]);

// A streaming task iterates over its first argument; with() takes the same as ever.
const streaming = defineTask(
  { name: "streaming", args: z.tuple([z.array(z.string().transform(Number)), z.string()]), stream: true },
  async (ctx, results, name) => {
    let total = 0;
    for await (const result of results) total += Number(result.toFixed());
    ctx.log.info(name.toUpperCase());
    // @ts-expect-error it is no list
    results.length;
    return total;
  },
);
streaming.with("run");
streaming.with(["1", "2"], "run");
chord([none], streaming.with("run"));
// @ts-expect-error before parsing the items are strings
streaming.with([1, 2], "run");
const listed = defineTask(
  { name: "listed", args: z.tuple([z.array(z.string()), z.string()]), stream: false },
  (_ctx, results, name) => results.length + name.length,
);
listed.with("run");
// @ts-expect-error there is nothing to iterate over
defineTask({ name: "t", args: z.tuple([z.string()]), stream: true }, async (_ctx, results: AsyncIterable<string>) => {
  for await (const result of results) result.trim();
});
// @ts-expect-error only a task with a body streams
declareTask({ name: "t", args: z.tuple([z.array(z.string())]), stream: true });
