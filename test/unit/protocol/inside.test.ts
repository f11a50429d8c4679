/**
 * What lies inside the members of a join, by the paths of a plan.
 */
import { describe, expect, it } from "vitest";
import { insideOf, memberPrefix } from "../../../lib/protocol/inside.ts";
import { planOf } from "./support.ts";

const a = { task: "a" };
const plan = planOf({
  chain: [
    {
      chord: {
        header: [a, { chain: [a, { task: "b" }] }, { chord: { header: [a, a], callback: a, onError: { task: "b" } } }],
        callback: { chord: { header: [a] } },
        when: "all-settled",
      },
    },
    { group: [a, { group: [] }, { dag: { nodes: { x: a, y: { ...a, after: ["x"] } } } }] },
  ],
});
const inside = (id: string) => {
  const join = plan.joins[id];
  if (join === undefined) throw new Error(`no join ${id}, but ${Object.keys(plan.joins).join(" ")}`);
  const { nodes, joins } = insideOf(plan, join);
  return { nodes: nodes.map((one) => one.id), joins: joins.map((one) => one.id) };
};

describe("inside the members of", () => {
  it("a chord are links and chords: not what stands for a member itself, nor what follows it, nor error callbacks", () => {
    expect(inside("[0]")).toEqual({
      nodes: ["[0]/header[1]/[0]", "[0]/header[2]/header[0]", "[0]/header[2]/header[1]"],
      joins: ["[0]/header[2]"],
    });
  });

  it("a chord in a chord is nothing of the other's", () => {
    expect(inside("[0]/header[2]")).toEqual({ nodes: [], joins: [] });
    expect(inside("[0]/callback")).toEqual({ nodes: [], joins: [] });
  });

  it("comes each before what lies inside it", () => {
    const nested = planOf({ group: [{ group: [{ group: [{ group: [a, a] }, a] }] }] });
    expect(insideOf(nested, nested.joins["."] as never).joins.map(({ id }) => id)).toEqual([
      "[0]",
      "[0]/[0]",
      "[0]/[0]/[0]",
    ]);
  });

  it("a group are parts of dags, and no joins without members", () => {
    const { nodes, joins } = inside("[1]");
    expect(nodes).toContain("[1]/[2]/x");
    expect(nodes).not.toContain("[1]/[0]");
    expect(joins).not.toContain("[1]/[1]");
  });
});

it("members have paths that begin with that of their join", () => {
  const prefixes = [
    { id: ".", kind: "chord" },
    { id: ".", kind: "group" },
    { id: "[3]", kind: "chord" },
    { id: "[3]", kind: "group" },
  ] as const;
  expect(prefixes.map((join) => memberPrefix(join as never))).toEqual(["header[", "[", "[3]/header[", "[3]/["]);
});
