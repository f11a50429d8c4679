/**
 * Where failures go in a run that goes on after them: up to the end, whatever encloses them, unless a chord takes them as an
 * outcome.
 */
import { describe, expect, it } from "vitest";
import { compile } from "../../../lib/plan/compile.ts";
import { parseDocument } from "../../../lib/plan/parse-request.ts";
import type { Failure } from "../../../lib/plan/types.ts";
import { absorbedBy, catalog, toHead, toNobody } from "./support.ts";

const a = { task: "a" };
const toSkip: Failure = { decide: [], then: { kind: "skip" } };

function planned(workflow: object, onFailure?: string) {
  const request = { tutti: 1, type: "submit", ...(onFailure === undefined ? {} : { onFailure }), workflow };
  return compile(parseDocument(request) as never, catalog);
}

/** Failures by unit: of every node, then of every join. */
function failures(workflow: object): Record<string, Failure> {
  const { nodes, joins } = planned(workflow, "finish");
  const units = [...Object.values(nodes), ...Object.values(joins).map((join) => ({ ...join, id: `join ${join.id}` }))];
  return Object.fromEntries(units.map(({ id, failure }) => [id, failure]));
}

describe("compile: onFailure", () => {
  it.each([undefined, "fail-fast"])("%s: a failure ends the run", (onFailure) => {
    const { nodes, joins } = planned({ group: [a] }, onFailure);
    expect(nodes["[0]"]?.failure).toEqual({ ...toHead, decide: ["."] });
    expect(joins["."]?.failure).toEqual(toHead);
  });

  it("finish: a chain skips what follows", () => {
    expect(failures({ chain: [a, a] })).toEqual({ "[0]": toSkip, "[1]": toSkip });
  });

  it("finish: no join is decided before it is full, a chord or a group", () => {
    const inner = { chord: { header: [a], callback: a, onError: a } };
    expect(failures({ group: [{ chain: [a, a] }, inner] })).toEqual({
      "[0]/[0]": toSkip,
      "[0]/[1]": toSkip,
      "[1]/header[0]": toSkip,
      "[1]/callback": toSkip,
      "[1]/onError": toNobody,
      "join .": toSkip,
      "join [1]": toSkip,
    });
  });

  it("finish: parents of a graph, and its end", () => {
    const nodes = { x: a, y: a, z: { ...a, after: ["x", "y"] }, w: { ...a, after: ["x"] } };
    expect(failures({ dag: { nodes } })).toEqual({
      x: toSkip,
      y: toSkip,
      z: toSkip,
      w: toSkip,
      "join z@after": toSkip,
      "join .@end": toSkip,
    });
  });

  it.each(["all-settled", { tolerate: { count: 1 } }, { quorum: 1 }])(
    "finish: a chord %j still takes failures as outcomes, with joins inside a member decided at once",
    (when) => {
      expect(failures({ chord: { header: [a, { group: [a] }], callback: a, when } })).toEqual({
        "header[0]": absorbedBy(".", 0),
        "header[1]/[0]": absorbedBy(".", 1, "header[1]"),
        callback: toSkip,
        "join .": toSkip,
        "join header[1]": absorbedBy(".", 1),
      });
    },
  );
});
