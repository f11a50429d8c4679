/**
 * Dags: whole plans of the small ones, edges, scopes, and what is refused.
 */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../lib/plan/types.ts";
import {
  absorbedBy,
  aJoin,
  aNode,
  aPlan,
  deciding,
  end,
  join,
  node,
  plan,
  refusal,
  slot,
  takesUnderMs,
} from "./support.ts";

const a = { task: "a" };
const b = { task: "b" };
const c = { task: "c" };

interface Shape {
  readonly name: string;
  readonly workflow: unknown;
  readonly expected: Plan;
}

const diamond = {
  dag: {
    nodes: {
      top: a,
      left: { task: "b", args: [{ $result: "top" }] },
      right: { task: "c", after: ["top"] },
      end: { task: "d", args: [{ x: [{ $result: "left", path: "items[0].id" }] }], after: ["right", "right", "left"] },
    },
  },
};

const shapes: readonly Shape[] = [
  {
    name: "one node: its value is an object all the same",
    workflow: { dag: { nodes: { only: a } } },
    expected: aPlan([aNode("only", "a", { next: [end] })], [], {
      start: [node("only")],
      output: { kind: "object", entries: [["only", node("only")]] },
      callback: null,
      members: {},
      releases: {},
    }),
  },
  {
    name: "a diamond, with repeated edges (D6, D7)",
    workflow: diamond,
    expected: aPlan(
      [
        aNode("top", "a", { next: [node("left"), node("right")] }),
        aNode("left", "b", {
          args: [{ $result: "top" }],
          results: { top: node("top") },
          slot: { join: "end@after", index: 0 },
        }),
        aNode("right", "c", { slot: { join: "end@after", index: 1 } }),
        aNode("end", "d", {
          args: [{ x: [{ $result: "left", path: "items[0].id" }] }],
          results: { left: node("left") },
          next: [end],
        }),
      ],
      [aJoin("end@after", "dag", 2, { skipped: "any", next: [node("end")] })],
      {
        start: [node("top")],
        output: { kind: "object", entries: [["end", node("end")]] },
        callback: null,
        members: { "end@after": [node("left"), node("right")] },
        releases: { "end@after": [] },
      },
    ),
  },
  {
    name: "two sinks: a join of them is the end",
    workflow: {
      dag: { nodes: { top: a, left: { ...b, after: ["top"] }, right: { ...c, after: ["top"] } }, output: "top" },
    },
    expected: aPlan(
      [
        aNode("top", "a", { next: [node("left"), node("right")] }),
        aNode("left", "b", { slot: { join: ".@end", index: 0 } }),
        aNode("right", "c", { slot: { join: ".@end", index: 1 } }),
      ],
      [aJoin(".@end", "dag", 2, { skipped: "all", next: [end] })],
      {
        start: [node("top")],
        output: node("top"),
        callback: "top",
        members: { ".@end": [node("left"), node("right")] },
        releases: { ".@end": [] },
      },
    ),
  },
  {
    name: "a node that feeds two joins, and one that feeds a join and a node, have items of their own",
    workflow: {
      dag: {
        nodes: {
          p: a,
          q: b,
          x: { ...c, after: ["p", "q"] },
          y: { ...c, after: ["p", "q"] },
          z: { ...c, after: ["q"] },
        },
      },
    },
    expected: aPlan(
      [
        aNode("p", "a", { next: [slot("x@after", 0), slot("y@after", 0)] }),
        aNode("q", "b", { next: [slot("x@after", 1), slot("y@after", 1), node("z")] }),
        aNode("x", "c", { slot: { join: ".@end", index: 0 } }),
        aNode("y", "c", { slot: { join: ".@end", index: 1 } }),
        aNode("z", "c", { slot: { join: ".@end", index: 2 } }),
      ],
      [
        aJoin("x@after", "dag", 2, { skipped: "any", next: [node("x")] }),
        aJoin("y@after", "dag", 2, { skipped: "any", next: [node("y")] }),
        aJoin(".@end", "dag", 3, { skipped: "all", next: [end] }),
      ],
      {
        start: [node("p"), node("q")],
        output: {
          kind: "object",
          entries: [
            ["x", node("x")],
            ["y", node("y")],
            ["z", node("z")],
          ],
        },
        callback: null,
        members: {
          "x@after": [node("p"), node("q")],
          "y@after": [node("p"), node("q")],
          ".@end": [node("x"), node("y"), node("z")],
        },
        releases: { "x@after": [], "y@after": [], ".@end": [] },
      },
    ),
  },
  {
    name: "workflows as nodes: all starts of a child, the value of a parent",
    workflow: {
      dag: { nodes: { g: { group: [a, b] }, t: { chain: [{ task: "c", args: [{ $result: "g" }] }, c] } }, output: "t" },
    },
    expected: aPlan(
      [
        aNode("g/[0]", "a", { slot: { join: "g", index: 0 }, failure: deciding("g") }),
        aNode("g/[1]", "b", { slot: { join: "g", index: 1 }, failure: deciding("g") }),
        aNode("t/[0]", "c", { args: [{ $result: "g" }], results: { g: join("g") }, next: [node("t/[1]")] }),
        aNode("t/[1]", "c", { input: node("t/[0]"), next: [end] }),
      ],
      [aJoin("g", "group", 2, { next: [node("t/[0]")] })],
      {
        start: [join("g")],
        output: node("t/[1]"),
        callback: "t/[1]",
        members: { g: [node("g/[0]"), node("g/[1]")] },
        releases: { g: [node("g/[0]"), node("g/[1]")] },
      },
    ),
  },
  {
    name: "a dag in a chain: it gets nothing, its value goes on",
    workflow: { chain: [a, { dag: { nodes: { p: a, q: b } } }, c] },
    expected: aPlan(
      [
        aNode("[0]", "a", { next: [node("[1]/p"), node("[1]/q")] }),
        aNode("[1]/p", "a", { slot: { join: "[1]@end", index: 0 } }),
        aNode("[1]/q", "b", { slot: { join: "[1]@end", index: 1 } }),
        aNode("[2]", "c", {
          input: {
            kind: "object",
            entries: [
              ["p", node("[1]/p")],
              ["q", node("[1]/q")],
            ],
          },
          next: [end],
        }),
      ],
      [aJoin("[1]@end", "dag", 2, { skipped: "all", next: [node("[2]")] })],
      {
        start: [node("[0]")],
        output: node("[2]"),
        callback: "[2]",
        members: { "[1]@end": [node("[1]/p"), node("[1]/q")] },
        releases: { "[1]@end": [] },
      },
    ),
  },
  {
    name: "dags in an absorbing header: the slot is a node's own only when its value is the member's",
    workflow: {
      chord: {
        header: [
          { dag: { nodes: { s: a } } },
          { dag: { nodes: { s: a }, output: "s" } },
          { dag: { nodes: { p: a, q: b } } },
        ],
        when: "all-settled",
      },
    },
    expected: aPlan(
      [
        aNode("header[0]/s", "a", { next: [slot(".", 0)], failure: absorbedBy(".", 0) }),
        aNode("header[1]/s", "a", { slot: { join: ".", index: 1 }, failure: absorbedBy(".", 1) }),
        aNode("header[2]/p", "a", { slot: { join: "header[2]@end", index: 0 }, failure: absorbedBy(".", 2) }),
        aNode("header[2]/q", "b", { slot: { join: "header[2]@end", index: 1 }, failure: absorbedBy(".", 2) }),
      ],
      [
        aJoin(".", "chord", 3, { when: "all-settled", next: [end] }),
        aJoin("header[2]@end", "dag", 2, { skipped: "all", next: [slot(".", 2)], failure: absorbedBy(".", 2) }),
      ],
      {
        start: [join(".")],
        output: join("."),
        callback: null,
        members: {
          ".": [
            { kind: "object", entries: [["s", node("header[0]/s")]] },
            node("header[1]/s"),
            {
              kind: "object",
              entries: [
                ["p", node("header[2]/p")],
                ["q", node("header[2]/q")],
              ],
            },
          ],
          "header[2]@end": [node("header[2]/p"), node("header[2]/q")],
        },
        releases: {
          ".": [node("header[0]/s"), node("header[1]/s"), node("header[2]/p"), node("header[2]/q")],
          "header[2]@end": [],
        },
      },
    ),
  },
];

describe("compile: dags", () => {
  it.each(shapes)("$name", ({ workflow, expected }) => expect(plan(workflow)).toEqual(expected));

  it("starts the deadline of a chord at what released it: a parent, or the join of several", () => {
    const chord = { chord: { header: [a], deadlineSeconds: 60 } };
    const { joins } = plan({
      dag: {
        nodes: { p: a, q: { group: [b] }, one: { ...chord, after: ["q"] }, two: { ...chord, after: ["p", "q"] } },
      },
    });
    expect(joins.one?.releasedBy).toEqual(join("q"));
    expect(joins.two?.releasedBy).toEqual(join("two@after"));
  });

  it("finds references at any depth of canvases and JSON, onError included, and takes nothing from a literal", () => {
    const { nodes, joins } = plan({
      dag: {
        nodes: {
          p: a,
          q: a,
          r: a,
          s: {
            chord: {
              header: [{ chain: [{ task: "b", args: [[{ k: { $result: "p" } }]] }] }],
              onError: { task: "b", args: [{ $result: "q" }, { $literal: { $result: "nobody" } }] },
            },
          },
          t: { ...c, after: ["r", "s"] },
        },
      },
    });
    expect(joins["s@after"]?.size).toBe(2);
    expect(nodes["s/header[0]/[0]"]?.results).toEqual({ p: node("p") });
    expect(nodes["s/onError"]?.results).toEqual({ q: node("q") });
    expect(nodes["s/onError"]?.args).toEqual([{ $result: "q" }, { $literal: { $result: "nobody" } }]);
  });

  it("resolves a name in the innermost dag that has it, and makes the edge there", () => {
    const inner = { dag: { nodes: { x: a, y: { task: "b", args: [{ $result: "x" }, { $result: "z" }] } } } };
    const { nodes, joins } = plan({ dag: { nodes: { x: a, z: c, inner } } });
    expect(nodes["inner/y"]?.results).toEqual({ x: node("inner/x"), z: node("z") });
    expect(nodes.z?.next).toEqual([node("inner/x")]);
    expect(joins[".@end"]?.size).toBe(2);
  });

  it("keeps names that objects have by nature apart", () => {
    const { nodes } = plan({
      dag: { nodes: { constructor: a, toString: { task: "b", args: [{ $result: "constructor" }] } } },
    });
    expect(nodes.toString).toEqual(
      aNode("toString", "b", {
        args: [{ $result: "constructor" }],
        results: { constructor: node("constructor") },
        next: [end],
      }),
    );
  });

  it("accepts a lattice of 200 layers in under a second (D6)", () => {
    const nodes: Record<string, unknown> = { "l0-0": a, "l0-1": a, "l0-2": a };
    for (let layer = 1; layer < 200; layer++) {
      for (let i = 0; i < 3; i++) nodes[`l${layer}-${i}`] = { ...a, after: [0, 1, 2].map((j) => `l${layer - 1}-${j}`) };
    }
    expect(Object.keys(plan({ dag: { nodes } }).nodes)).toHaveLength(600);
    expect(takesUnderMs(1000, () => plan({ dag: { nodes } }))).toBe(true);
  });
});

describe("compile: dags refused", () => {
  const nodes = (of: object) => ({ dag: { nodes: of } });
  const cases: readonly [name: string, workflow: unknown, path: string, value: unknown, rule: string | RegExp][] = [
    ["no nodes", nodes({}), "workflow.dag.nodes", {}, "must have at least one node"],
    [
      "an unknown name in after (B5)",
      nodes({ p: { ...a, after: ["ghost"] } }),
      "workflow.dag.nodes.p.after[0]",
      "ghost",
      "must name a node of this dag: p",
    ],
    [
      "an unknown name in $result (B5)",
      nodes({ p: { task: "a", args: [[{ $result: "ghost" }]] } }),
      "workflow.dag.nodes.p.args[0][0].$result",
      "ghost",
      "must name a node of an enclosing dag: p",
    ],
    [
      "a node after itself (D5)",
      nodes({ p: { ...a, after: ["p"] } }),
      "workflow.dag.nodes.p",
      undefined,
      "must not come after itself: p → p",
    ],
    [
      "a cycle of two (D5)",
      nodes({ b: { ...a, after: ["a"] }, a: { task: "a", args: [{ $result: "b" }] } }),
      "workflow.dag.nodes.b",
      undefined,
      "must not come after itself: b → a → b",
    ],
    [
      "a cycle of three beside and below valid nodes (D5)",
      nodes({
        ok: a,
        below: { ...a, after: ["z"] },
        x: { ...a, after: ["z", "ok"] },
        y: { ...a, after: ["x"] },
        z: { ...a, after: ["y"] },
      }),
      "workflow.dag.nodes.x",
      undefined,
      "must not come after itself: x → y → z → x",
    ],
    [
      "a reference from a nested dag to the node around it (D5)",
      nodes({ outer: nodes({ p: { task: "a", args: [{ $result: "outer" }] } }) }),
      "workflow.dag.nodes.outer",
      undefined,
      "must not come after itself: outer → outer",
    ],
    [
      "an unknown output",
      { dag: { nodes: { p: a }, output: "q" } },
      "workflow.dag.output",
      "q",
      "must name a node of this dag: p",
    ],
    [
      "a reference outside a dag",
      { chain: [a, { task: "b", args: [{ $result: "a" }] }] },
      "workflow.chain[1].args[0].$result",
      "a",
      'must be inside a dag; write {"$literal": …} for the object itself',
    ],
    [
      "a reference to no name",
      nodes({ p: { task: "a", args: [{ $result: 5 }] } }),
      "workflow.dag.nodes.p.args[0].$result",
      5,
      'must be the name of a dag node; write {"$literal": …} for the object itself',
    ],
    [
      "a reference with a path that is none",
      nodes({ p: a, q: { task: "a", args: [{ $result: "p", path: "a..b" }] } }),
      "workflow.dag.nodes.q.args[0].path",
      "a..b",
      "must be a path such as items[0].id",
    ],
    [
      "a reference with other keys",
      nodes({ p: a, q: { task: "a", args: [{ $result: "p", default: 1 }] } }),
      "workflow.dag.nodes.q.args[0].default",
      1,
      "must not be beside $result: only path may",
    ],
    [
      "a literal with other keys",
      { task: "a", args: [{ $literal: 1, x: 2 }] },
      "workflow.args[0].x",
      2,
      "must not be beside $literal, which stands alone",
    ],
    [
      "more than 10,000 edges",
      nodes(
        Object.fromEntries(
          Array.from({ length: 150 }, (_, i) => [
            `n${i}`,
            { ...a, after: Array.from({ length: i }, (_, j) => `n${j}`) },
          ]),
        ),
      ),
      "workflow.dag.nodes",
      11_175,
      "must have at most 10000 edges",
    ],
    [
      "more than 10,000 nodes",
      nodes(Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`n${i}`, a]))),
      "workflow.dag.nodes",
      10_001,
      "must have at most 10000 nodes",
    ],
  ];
  it.each(cases)("%s", (_name, workflow, path, value, rule) => {
    expect(refusal(() => plan(workflow))).toEqual({ path, value, rule });
  });
});
