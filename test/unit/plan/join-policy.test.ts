/**
 * When a chord is decided, from its document to its join.
 */
import { describe, expect, it } from "vitest";
import type { When } from "../../../lib/model/workflow.ts";
import { joinPolicyOf } from "../../../lib/plan/join-policy.ts";
import { absorbedBy, catalog, deciding, plan, refusal, toHead } from "./support.ts";

const a = { task: "a" };
const times = (count: number) => Array.from({ length: count }, () => a);

describe("joinPolicyOf", () => {
  it.each<[when: When | undefined, members: number, policy: object]>([
    [undefined, 3, { when: "all-succeeded" }],
    ["all-succeeded", 3, { when: "all-succeeded" }],
    ["all-settled", 3, { when: "all-settled" }],
    [{ tolerate: { count: 0 } }, 3, { when: "tolerate", count: 0 }],
    [{ tolerate: { count: 2 } }, 3, { when: "tolerate", count: 2 }],
    [{ tolerate: { count: 7 } }, 3, { when: "tolerate", count: 7 }],
    [{ tolerate: { percent: 0 } }, 3, { when: "tolerate", count: 0 }],
    [{ tolerate: { percent: 33 } }, 3, { when: "tolerate", count: 0 }],
    [{ tolerate: { percent: 34 } }, 3, { when: "tolerate", count: 1 }],
    [{ tolerate: { percent: 100 } }, 3, { when: "tolerate", count: 3 }],
    [{ tolerate: { percent: 50 } }, 0, { when: "tolerate", count: 0 }],
    [{ tolerate: { percent: 0.001 } }, 100_000, { when: "tolerate", count: 1 }],
    [{ tolerate: { percent: 65.6 } }, 375, { when: "tolerate", count: 246 }],
    [{ tolerate: { percent: 65.59 } }, 375, { when: "tolerate", count: 245 }],
    [{ quorum: 1 }, 3, { when: "quorum", count: 1 }],
    [{ quorum: 3 }, 3, { when: "quorum", count: 3 }],
  ])("%j of %d members is %j", (when, members, policy) => {
    expect(joinPolicyOf(when, members, "workflow")).toEqual(policy);
  });

  it("loses no whole percentage to binary fractions", () => {
    for (let members = 1; members <= 400; members++)
      for (let hundredths = 0; hundredths <= 10_000; hundredths += 3) {
        const policy = joinPolicyOf({ tolerate: { percent: hundredths / 100 } }, members, "workflow");
        if (policy.count !== Math.floor((members * hundredths) / 10_000))
          throw new Error(`${hundredths / 100} % of ${members} came out as ${policy.count}`);
      }
  });

  it.each([
    [4, 3],
    [1, 0],
  ])("refuses a quorum of %d in %d members: path, value and rule", (quorum, members) => {
    const workflow = { group: [a, { chord: { header: times(members), when: { quorum } } }] };
    expect(refusal(() => plan(workflow))).toEqual({
      path: "workflow.group[1].chord.when.quorum",
      value: quorum,
      rule: `must be at most the number of members, which is ${members}`,
    });
  });
});

describe("compile: a chord that is decided by a count", () => {
  it.each([
    [{ tolerate: { count: 1 } }, { when: "tolerate", count: 1 }],
    [{ quorum: 2 }, { when: "quorum", count: 2 }],
  ])("%j takes the failures of its members as outcomes, and fails to what encloses it", (when, policy) => {
    const { joins, nodes } = plan({ group: [{ chord: { header: [a, { chain: [a, a] }], callback: a, when } }] });
    expect(joins["[0]"]).toMatchObject({ ...policy, size: 2, failure: deciding(".") });
    expect(nodes["[0]/header[0]"]?.failure).toEqual(absorbedBy("[0]", 0));
    expect(nodes["[0]/header[1]/[0]"]?.failure).toEqual(absorbedBy("[0]", 1));
    expect(nodes["[0]/callback"]?.failure).toEqual(deciding("."));
  });

  it("decides the joins inside a member first", () => {
    const { nodes } = plan({ chord: { header: [{ group: [a] }], when: { quorum: 1 } } });
    expect(nodes["header[0]/[0]"]?.failure).toEqual(absorbedBy(".", 0, "header[0]"));
  });

  it("has a count in no other join", () => {
    const { joins } = plan({ group: [{ chord: { header: [a], when: "all-settled" } }] });
    for (const join of Object.values(joins)) expect(join).not.toHaveProperty("count");
  });

  it("without members tolerates as many failures as there are: none", () => {
    const { joins } = plan({ chord: { header: [], callback: a, when: { tolerate: { percent: 50 } } } }, catalog);
    expect(joins["."]).toMatchObject({ size: 0, count: 0, failure: toHead });
  });
});
