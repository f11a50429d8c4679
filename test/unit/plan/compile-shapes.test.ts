/**
 * The whole plan of every small shape, literally.
 */
import { describe, expect, it } from "vitest";
import type { Plan } from "../../../lib/plan/types.ts";
import {
  absorbedBy,
  aJoin,
  aNode,
  aPlan,
  asCallback,
  deciding,
  end,
  join,
  node,
  plan,
  slot,
  toNobody,
} from "./support.ts";

const a = { task: "a" };
const b = { task: "b" };
const c = { task: "c" };
const d = { task: "d" };

interface Shape {
  readonly name: string;
  readonly workflow: unknown;
  readonly expected: Plan;
}

const tasksAndChains: readonly Shape[] = [
  {
    name: "a task",
    workflow: { task: "a", args: [1, "x"] },
    expected: aPlan([aNode("task", "a", { args: [1, "x"], next: [end] })], [], {
      start: [node("task")],
      output: node("task"),
      callback: "task",
      members: {},
      releases: {},
    }),
  },
  {
    name: "a chain of 3: each gets the result of the one before",
    workflow: { chain: [a, b, { task: "c", args: [1] }] },
    expected: aPlan(
      [
        aNode("[0]", "a", { next: [node("[1]")] }),
        aNode("[1]", "b", { input: node("[0]"), next: [node("[2]")] }),
        aNode("[2]", "c", { input: node("[1]"), args: [1], next: [end] }),
      ],
      [],
      { start: [node("[0]")], output: node("[2]"), callback: "[2]", members: {}, releases: {} },
    ),
  },
  {
    name: "an immutable link gets nothing",
    workflow: { chain: [a, { task: "b", immutable: true, args: [2] }] },
    expected: aPlan([aNode("[0]", "a", { next: [node("[1]")] }), aNode("[1]", "b", { args: [2], next: [end] })], [], {
      start: [node("[0]")],
      output: node("[1]"),
      callback: "[1]",
      members: {},
      releases: {},
    }),
  },
  {
    name: "a chain in a chain",
    workflow: { chain: [{ chain: [a, b] }, c] },
    expected: aPlan(
      [
        aNode("[0]/[0]", "a", { next: [node("[0]/[1]")] }),
        aNode("[0]/[1]", "b", { input: node("[0]/[0]"), next: [node("[1]")] }),
        aNode("[1]", "c", { input: node("[0]/[1]"), next: [end] }),
      ],
      [],
      { start: [node("[0]/[0]")], output: node("[1]"), callback: "[1]", members: {}, releases: {} },
    ),
  },
];

const groups: readonly Shape[] = [
  {
    name: "a group",
    workflow: { group: [a, b] },
    expected: aPlan(
      [
        aNode("[0]", "a", { slot: { join: ".", index: 0 }, failure: deciding(".") }),
        aNode("[1]", "b", { slot: { join: ".", index: 1 }, failure: deciding(".") }),
      ],
      [aJoin(".", "group", 2, { next: [end] })],
      {
        start: [join(".")],
        output: join("."),
        callback: null,
        members: { ".": [node("[0]"), node("[1]")] },
        releases: { ".": [node("[0]"), node("[1]")] },
      },
    ),
  },
  {
    name: "an empty group: decided when released (D3)",
    workflow: { group: [] },
    expected: aPlan([], [aJoin(".", "group", 0, { next: [end] })], {
      start: [join(".")],
      output: join("."),
      callback: null,
      members: { ".": [] },
      releases: { ".": [] },
    }),
  },
  {
    name: "three empty groups and a task in a chain (D3)",
    workflow: { chain: [{ group: [] }, { group: [] }, a] },
    expected: aPlan(
      [aNode("[2]", "a", { input: join("[1]"), next: [end] })],
      [
        aJoin("[0]", "group", 0, { next: [join("[1]")] }),
        aJoin("[1]", "group", 0, { releasedBy: join("[0]"), next: [node("[2]")] }),
      ],
      {
        start: [join("[0]")],
        output: node("[2]"),
        callback: "[2]",
        members: { "[0]": [], "[1]": [] },
        releases: { "[0]": [], "[1]": [] },
      },
    ),
  },
  {
    name: "a group after a task: each member gets the result, and what follows waits for all (D9)",
    workflow: { chain: [a, { group: [b, c] }, d] },
    expected: aPlan(
      [
        aNode("[0]", "a", { next: [join("[1]")] }),
        aNode("[1]/[0]", "b", { input: node("[0]"), slot: { join: "[1]", index: 0 }, failure: deciding("[1]") }),
        aNode("[1]/[1]", "c", { input: node("[0]"), slot: { join: "[1]", index: 1 }, failure: deciding("[1]") }),
        aNode("[2]", "d", { input: join("[1]"), next: [end] }),
      ],
      [aJoin("[1]", "group", 2, { releasedBy: node("[0]"), next: [node("[2]")] })],
      {
        start: [node("[0]")],
        output: node("[2]"),
        callback: "[2]",
        members: { "[1]": [node("[1]/[0]"), node("[1]/[1]")] },
        releases: { "[1]": [node("[1]/[0]"), node("[1]/[1]")] },
      },
    ),
  },
];

const chords: readonly Shape[] = [
  {
    name: "a chord",
    workflow: { chord: { header: [a, b], callback: { task: "c", args: ["x"] } } },
    expected: aPlan(
      [
        aNode("header[0]", "a", { slot: { join: ".", index: 0 }, failure: deciding(".") }),
        aNode("header[1]", "b", { slot: { join: ".", index: 1 }, failure: deciding(".") }),
        aNode("callback", "c", { ...asCallback, input: join("."), args: ["x"], next: [end] }),
      ],
      [aJoin(".", "chord", 2, { next: [node("callback")] })],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: { ".": [node("header[0]"), node("header[1]")] },
        releases: { ".": [node("header[0]"), node("header[1]")] },
      },
    ),
  },
  {
    name: "a chord of one member still hands over a list (D2)",
    workflow: { chord: { header: [a], callback: b } },
    expected: aPlan(
      [
        aNode("header[0]", "a", { slot: { join: ".", index: 0 }, failure: deciding(".") }),
        aNode("callback", "b", { ...asCallback, input: join("."), next: [end] }),
      ],
      [aJoin(".", "chord", 1, { next: [node("callback")] })],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: { ".": [node("header[0]")] },
        releases: { ".": [node("header[0]")] },
      },
    ),
  },
  {
    name: "a chord with an empty header calls back with nothing (D1)",
    workflow: { chord: { header: [], callback: a } },
    expected: aPlan(
      [aNode("callback", "a", { ...asCallback, input: join("."), next: [end] })],
      [aJoin(".", "chord", 0, { next: [node("callback")] })],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: { ".": [] },
        releases: { ".": [] },
      },
    ),
  },
  {
    name: "a chord without callback, with onError and a deadline",
    workflow: { chord: { header: [a], onError: { task: "b", args: ["ops"] }, deadlineSeconds: 60 } },
    expected: aPlan(
      [
        aNode("header[0]", "a", { slot: { join: ".", index: 0 }, failure: deciding(".") }),
        aNode("onError", "b", {
          ...asCallback,
          input: { kind: "failures", join: "." },
          args: ["ops"],
          failure: toNobody,
          afterEnd: true,
        }),
      ],
      [aJoin(".", "chord", 1, { next: [end], onError: "onError", deadlineSeconds: 60 })],
      {
        start: [join(".")],
        output: join("."),
        callback: null,
        members: { ".": [node("header[0]")] },
        releases: { ".": [node("header[0]")] },
      },
    ),
  },
  {
    name: "chains in a header: one slot each, and every link fails to the join (A5, E1)",
    workflow: { chord: { header: [{ chain: [a, b] }, c], callback: d } },
    expected: aPlan(
      [
        aNode("header[0]/[0]", "a", { next: [node("header[0]/[1]")], failure: deciding(".") }),
        aNode("header[0]/[1]", "b", {
          input: node("header[0]/[0]"),
          slot: { join: ".", index: 0 },
          failure: deciding("."),
        }),
        aNode("header[1]", "c", { slot: { join: ".", index: 1 }, failure: deciding(".") }),
        aNode("callback", "d", { ...asCallback, input: join("."), next: [end] }),
      ],
      [aJoin(".", "chord", 2, { next: [node("callback")] })],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: { ".": [node("header[0]/[1]"), node("header[1]")] },
        releases: { ".": [node("header[0]/[0]"), node("header[1]")] },
      },
    ),
  },
  {
    name: "a chord and a group in a header (A5): the inner callback's slot is in the outer join, the group's is fed by its join",
    workflow: { chord: { header: [{ chord: { header: [a], callback: b } }, { group: [c] }], callback: d } },
    expected: aPlan(
      [
        aNode("header[0]/header[0]", "a", {
          slot: { join: "header[0]", index: 0 },
          failure: deciding("header[0]", "."),
        }),
        aNode("header[0]/callback", "b", {
          ...asCallback,
          input: join("header[0]"),
          slot: { join: ".", index: 0 },
          failure: deciding("."),
        }),
        aNode("header[1]/[0]", "c", { slot: { join: "header[1]", index: 0 }, failure: deciding("header[1]", ".") }),
        aNode("callback", "d", { ...asCallback, input: join("."), next: [end] }),
      ],
      [
        aJoin(".", "chord", 2, { next: [node("callback")] }),
        aJoin("header[0]", "chord", 1, { next: [node("header[0]/callback")], failure: deciding(".") }),
        aJoin("header[1]", "group", 1, { next: [slot(".", 1)], failure: deciding(".") }),
      ],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: {
          ".": [node("header[0]/callback"), join("header[1]")],
          "header[0]": [node("header[0]/header[0]")],
          "header[1]": [node("header[1]/[0]")],
        },
        releases: {
          ".": [join("header[0]"), join("header[1]")],
          "header[0]": [node("header[0]/header[0]")],
          "header[1]": [node("header[1]/[0]")],
        },
      },
    ),
  },
  {
    name: "a chord in a chain: what follows depends on its callback only (A9)",
    workflow: { chain: [{ chord: { header: [a, b], callback: c } }, d] },
    expected: aPlan(
      [
        aNode("[0]/header[0]", "a", { slot: { join: "[0]", index: 0 }, failure: deciding("[0]") }),
        aNode("[0]/header[1]", "b", { slot: { join: "[0]", index: 1 }, failure: deciding("[0]") }),
        aNode("[0]/callback", "c", { ...asCallback, input: join("[0]"), next: [node("[1]")] }),
        aNode("[1]", "d", { input: node("[0]/callback"), next: [end] }),
      ],
      [aJoin("[0]", "chord", 2, { next: [node("[0]/callback")] })],
      {
        start: [join("[0]")],
        output: node("[1]"),
        callback: "[1]",
        members: { "[0]": [node("[0]/header[0]"), node("[0]/header[1]")] },
        releases: { "[0]": [node("[0]/header[0]"), node("[0]/header[1]")] },
      },
    ),
  },
  {
    name: "a group of chains as callback: both first links get the list (C9)",
    workflow: { chord: { header: [a], callback: { group: [{ chain: [b, c] }, d] } } },
    expected: aPlan(
      [
        aNode("header[0]", "a", { slot: { join: ".", index: 0 }, failure: deciding(".") }),
        aNode("callback/[0]/[0]", "b", {
          ...asCallback,
          input: join("."),
          next: [node("callback/[0]/[1]")],
          failure: deciding("callback"),
        }),
        aNode("callback/[0]/[1]", "c", {
          input: node("callback/[0]/[0]"),
          slot: { join: "callback", index: 0 },
          failure: deciding("callback"),
        }),
        aNode("callback/[1]", "d", {
          ...asCallback,
          input: join("."),
          slot: { join: "callback", index: 1 },
          failure: deciding("callback"),
        }),
      ],
      [
        aJoin(".", "chord", 1, { next: [join("callback")] }),
        aJoin("callback", "group", 2, { releasedBy: join("."), next: [end] }),
      ],
      {
        start: [join(".")],
        output: join("callback"),
        callback: null,
        members: { ".": [node("header[0]")], callback: [node("callback/[0]/[1]"), node("callback/[1]")] },
        releases: { ".": [node("header[0]")], callback: [node("callback/[0]/[0]"), node("callback/[1]")] },
      },
    ),
  },
  {
    name: "an absorbing header: the failure of a link or an inner chord is the member's outcome (E1)",
    workflow: {
      chord: {
        header: [a, { chain: [a, b] }, { chord: { header: [{ group: [a] }], callback: b } }],
        when: "all-settled",
        callback: c,
      },
    },
    expected: aPlan(
      [
        aNode("header[0]", "a", { slot: { join: ".", index: 0 }, failure: absorbedBy(".", 0) }),
        aNode("header[1]/[0]", "a", { next: [node("header[1]/[1]")], failure: absorbedBy(".", 1) }),
        aNode("header[1]/[1]", "b", {
          input: node("header[1]/[0]"),
          slot: { join: ".", index: 1 },
          failure: absorbedBy(".", 1),
        }),
        aNode("header[2]/header[0]/[0]", "a", {
          slot: { join: "header[2]/header[0]", index: 0 },
          failure: absorbedBy(".", 2, "header[2]/header[0]", "header[2]"),
        }),
        aNode("header[2]/callback", "b", {
          ...asCallback,
          input: join("header[2]"),
          slot: { join: ".", index: 2 },
          failure: absorbedBy(".", 2),
        }),
        aNode("callback", "c", { ...asCallback, input: join("."), next: [end] }),
      ],
      [
        aJoin(".", "chord", 3, { when: "all-settled", next: [node("callback")] }),
        aJoin("header[2]", "chord", 1, { next: [node("header[2]/callback")], failure: absorbedBy(".", 2) }),
        aJoin("header[2]/header[0]", "group", 1, {
          next: [slot("header[2]", 0)],
          failure: absorbedBy(".", 2, "header[2]"),
        }),
      ],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: {
          ".": [node("header[0]"), node("header[1]/[1]"), node("header[2]/callback")],
          "header[2]": [join("header[2]/header[0]")],
          "header[2]/header[0]": [node("header[2]/header[0]/[0]")],
        },
        releases: {
          ".": [node("header[0]"), node("header[1]/[0]"), join("header[2]")],
          "header[2]": [join("header[2]/header[0]")],
          "header[2]/header[0]": [node("header[2]/header[0]/[0]")],
        },
      },
    ),
  },
  {
    name: "an absorbing header in a header that fails fast: failures end at the inner one",
    workflow: {
      chord: { header: [{ chord: { header: [a], when: "all-settled", callback: b } }], callback: c, onError: d },
    },
    expected: aPlan(
      [
        aNode("header[0]/header[0]", "a", {
          slot: { join: "header[0]", index: 0 },
          failure: absorbedBy("header[0]", 0),
        }),
        aNode("header[0]/callback", "b", {
          ...asCallback,
          input: join("header[0]"),
          slot: { join: ".", index: 0 },
          failure: deciding("."),
        }),
        aNode("callback", "c", { ...asCallback, input: join("."), next: [end] }),
        aNode("onError", "d", {
          ...asCallback,
          input: { kind: "failures", join: "." },
          failure: toNobody,
          afterEnd: true,
        }),
      ],
      [
        aJoin(".", "chord", 1, { next: [node("callback")], onError: "onError" }),
        aJoin("header[0]", "chord", 1, {
          when: "all-settled",
          next: [node("header[0]/callback")],
          failure: deciding("."),
        }),
      ],
      {
        start: [join(".")],
        output: node("callback"),
        callback: "callback",
        members: { ".": [node("header[0]/callback")], "header[0]": [node("header[0]/header[0]")] },
        releases: { ".": [join("header[0]")], "header[0]": [node("header[0]/header[0]")] },
      },
    ),
  },
];

describe("compile: tasks and chains", () => {
  it.each(tasksAndChains)("$name", ({ workflow, expected }) => expect(plan(workflow)).toEqual(expected));
});

describe("compile: groups", () => {
  it.each(groups)("$name", ({ workflow, expected }) => expect(plan(workflow)).toEqual(expected));
});

describe("compile: chords", () => {
  it.each(chords)("$name", ({ workflow, expected }) => expect(plan(workflow)).toEqual(expected));
});
