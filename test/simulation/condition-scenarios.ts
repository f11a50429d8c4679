/**
 * Scenarios of tasks that are skipped by choice, and of conditions.
 */
import { fails, onError, one, ones, type Scenario, settledChord, sum } from "./scenario-parts.ts";

const plus = { task: "plus", args: [1] };
const skips = { task: "skips", args: ["nothing to do"] };
const values = { task: "one" };
const levels = { leafSize: 2, fan: 2 };
const inPacks = { tasksPerMessage: () => 10 };
const marker = { $skipped: true, reason: "nothing to do" };
const onlyIf = (name: string, equals: unknown, workflow: object) => ({ ...workflow, if: { $result: name, equals } });
const unmet = (text: string) => ({ $skipped: true, reason: `condition not met: ${text}` });

export const conditionScenarios: readonly Scenario[] = [
  { name: "skip: a task", workflow: skips, status: "SUCCEEDED", value: marker },
  { name: "skip: a chain", workflow: { chain: [one(1), skips, plus, plus] }, status: "SUCCEEDED", value: marker },
  {
    name: "skip: members",
    workflow: { chord: { header: [one(1), skips, { chain: [skips, plus] }, one(null as never)], callback: values } },
    status: "SUCCEEDED",
    value: [1, marker, marker, null],
  },
  {
    name: "skip: a whole header",
    workflow: { chord: { header: [skips, skips, skips], callback: values } },
    shape: levels,
    status: "SUCCEEDED",
    value: [marker, marker, marker],
  },
  {
    name: "skip: members of a pack",
    workflow: { chord: { header: [one(1), skips, skips, one(4)], callback: values } },
    shape: inPacks,
    status: "SUCCEEDED",
    value: [1, marker, marker, 4],
  },
  {
    name: "skip: settled members",
    workflow: settledChord(one(1), skips, fails, { chain: [skips, { chord: { header: ones(2), callback: sum } }] }),
    status: "SUCCEEDED",
    value: [1, "SKIPPED", "FAILED", "SKIPPED"],
  },
  {
    name: "skip: a tolerant chord",
    workflow: {
      chord: { header: [one(1), skips, fails], callback: { task: "outcomes" }, when: { tolerate: { count: 1 } } },
    },
    shape: levels,
    status: "SUCCEEDED",
    value: [1, "SKIPPED", "FAILED"],
  },
  {
    name: "skip: a quorum that is not reached",
    workflow: {
      chord: { header: [one(1), skips, skips], callback: { task: "outcomes" }, when: { quorum: 2 }, onError },
    },
    status: "FAILED",
    open: true,
  },
  {
    name: "skip: what a chord follows",
    workflow: { chain: [skips, { chord: { header: ones(3), callback: sum, onError } }, plus] },
    status: "SUCCEEDED",
    value: marker,
  },
  {
    name: "skip: what an empty group follows",
    workflow: { chain: [skips, { group: [] }, values] },
    status: "SUCCEEDED",
    value: marker,
  },
  { name: "skip: an empty group", workflow: { chain: [skips, { group: [] }] }, status: "SUCCEEDED", value: marker },
  {
    name: "skip: a graph",
    workflow: {
      dag: {
        nodes: {
          a: skips,
          b: one(2),
          c: { task: "pair", args: [{ $result: "a" }, { $result: "b" }] },
          d: { task: "plus", args: [{ $result: "b" }, 1] },
          e: { ...one(5), after: ["c"] },
        },
      },
    },
    status: "SUCCEEDED",
    value: { d: 3, e: marker },
  },
  {
    name: "skip: a node with many parents",
    workflow: {
      dag: {
        nodes: {
          a: one(1),
          b: skips,
          c: one(3),
          d: one(4),
          e: skips,
          f: { ...one(6), after: ["a", "b", "c", "d", "e"] },
        },
      },
    },
    shape: levels,
    status: "SUCCEEDED",
    value: { f: marker },
  },
  {
    name: "skip: every end of a graph",
    workflow: { chain: [{ dag: { nodes: { a: skips, b: { ...one(1), after: ["a"] }, c: skips } } }, values] },
    status: "SUCCEEDED",
    value: marker,
  },
  {
    name: "skip: a graph in a header",
    workflow: {
      chord: {
        header: [one(1), { dag: { nodes: { a: skips, b: { ...plus, after: ["a"] } }, output: "b" } }],
        callback: values,
      },
    },
    status: "SUCCEEDED",
    value: [1, marker],
  },
  {
    // The ranges of the older generation are done: what they have begun is sent again once the condition was looked at.
    name: "retry of long lists behind a condition",
    workflow: {
      dag: {
        nodes: {
          check: one(1),
          many: onlyIf("check", 1, {
            group: [one(1), { task: "mended", args: [2] }, { group: [one(3), one(4), one(5)] }],
          }),
        },
      },
    },
    shape: { messagesPerRange: 2 },
    operations: [{ request: { type: "retry" } }],
    status: "SUCCEEDED",
    value: { many: [1, 2, [3, 4, 5]] },
    open: true,
  },
  {
    name: "skip: a sleep",
    workflow: { dag: { nodes: { a: skips, b: { sleep: 1, after: ["a"] } } } },
    status: "SUCCEEDED",
    value: { b: marker },
  },
  {
    name: "skip: finish goes on",
    workflow: { group: [{ chain: [skips, plus] }, { chain: [fails, plus] }] },
    request: { onFailure: "finish" },
    status: "FAILED",
  },
  {
    name: "skip: message gone",
    workflow: { chain: [skips, plus, plus] },
    base: [{ site: "slot.skip", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: marker,
  },
  {
    name: "skip: message gone behind a skipped task",
    workflow: { chain: [skips, { chord: { header: ones(2), callback: sum } }, plus] },
    base: [{ site: "slot.skip", mode: "crash-after" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: marker,
  },
  {
    name: "skip: join of a graph, message gone",
    workflow: {
      dag: { nodes: { a: skips, b: one(2), c: { ...one(3), after: ["a", "b"] }, d: { ...one(4), after: ["c"] } } },
    },
    base: [{ site: "slot.skip", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
  },
  {
    name: "condition: one way of two",
    workflow: {
      dag: {
        nodes: {
          check: { task: "one", args: [{ kind: "large", list: [1] }] },
          large: { task: "one", args: ["l"], if: { $result: "check", path: "kind", equals: "large" } },
          small: { task: "one", args: ["s"], if: { $result: "check", path: "kind", equals: "small" } },
          none: { task: "one", args: ["n"], if: { $result: "check", path: "list[1]", equals: null } },
          all: { ...onlyIf("check", 1, { chain: [one(9), plus] }), after: ["large"] },
        },
      },
    },
    status: "SUCCEEDED",
    value: {
      small: unmet('check.kind is not "small"'),
      none: unmet("check.list[1] is not null"),
      all: unmet("check is not 1"),
    },
  },
  {
    name: "condition: a chord, held",
    workflow: {
      dag: {
        nodes: { check: one(1), work: onlyIf("check", 1, { chord: { header: ones(3), callback: sum, onError } }) },
        output: "work",
      },
    },
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "condition: a chord, not met",
    workflow: {
      dag: {
        nodes: {
          check: one(1),
          work: onlyIf("check", 2, { chord: { header: ones(3), callback: sum, onError } }),
          then: { task: "plus", args: [{ $result: "work" }, 1] },
        },
        output: "then",
      },
    },
    status: "SUCCEEDED",
    value: unmet("check is not 2"),
  },
  {
    name: "condition: chords of three levels",
    workflow: {
      dag: {
        nodes: {
          check: one(1),
          met: onlyIf("check", 1, { group: ones(5) }),
          not: onlyIf("check", 2, { group: ones(5) }),
        },
      },
    },
    shape: levels,
    status: "SUCCEEDED",
    value: { met: [1, 2, 3, 4, 5], not: unmet("check is not 2") },
  },
  {
    name: "condition: an empty group",
    workflow: {
      dag: {
        nodes: {
          check: one(1),
          met: onlyIf("check", 1, { group: [] }),
          not: onlyIf("check", 2, { group: [] }),
          after: { task: "one", args: [{ $result: "met" }] },
          never: { task: "one", args: [{ $result: "not" }] },
        },
      },
    },
    status: "SUCCEEDED",
    value: { after: [], never: unmet("check is not 2") },
  },
  {
    name: "condition: a graph in a graph",
    workflow: {
      dag: {
        nodes: {
          check: one(1),
          part: onlyIf("check", 2, {
            dag: {
              nodes: { x: one(1), y: onlyIf("check", 1, { group: ones(2) }), z: { ...one(3), after: ["x", "y"] } },
            },
          }),
          end: { ...one(4), after: ["part"] },
        },
      },
    },
    status: "SUCCEEDED",
    value: { end: unmet("check is not 2") },
  },
  {
    name: "condition: a chord, message gone before it is looked at",
    workflow: {
      dag: {
        nodes: { check: one(1), work: onlyIf("check", 1, { chord: { header: ones(3), callback: sum } }) },
        output: "work",
      },
    },
    base: [{ site: "join.hold", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: 6,
  },
  {
    name: "condition: a chord not met, message gone",
    workflow: {
      dag: {
        nodes: { check: one(1), work: onlyIf("check", 2, { chord: { header: ones(3), callback: sum } }) },
        output: "work",
      },
    },
    base: [{ site: "join.skip", mode: "crash-before" }],
    maxReceiveCount: 1,
    deadLetters: false,
    drops: true,
    sweeper: true,
    status: "SUCCEEDED",
    value: unmet("check is not 2"),
  },
  {
    // It was skipped after the end of the first generation; the second looks again before what follows from that ends it.
    name: "retry behind a condition that was not met",
    workflow: {
      dag: {
        nodes: {
          check: { task: "slow", args: [100, 1] },
          work: onlyIf("check", 2, { chord: { header: ones(2), callback: sum } }),
          then: { task: "plus", args: [{ $result: "work" }, 1] },
        },
        output: "then",
      },
    },
    operations: [
      { request: { type: "revoke" }, atStartOf: "check", afterSeconds: 5 },
      { request: { type: "retry", requestId: "operation-2" }, atStartOf: "check", afterSeconds: 900 },
    ],
    status: "SUCCEEDED",
    value: unmet("check is not 2"),
    open: true,
  },
  {
    name: "retry behind skipped tasks",
    workflow: {
      dag: {
        nodes: {
          a: skips,
          b: { ...one(2), after: ["a"] },
          check: one(1),
          work: onlyIf("check", 1, { chord: { header: [one(1), { task: "mended", args: [2] }], callback: sum } }),
          never: onlyIf("check", 2, { chord: { header: ones(2), callback: sum } }),
          end: { task: "one", args: [{ $result: "work" }] },
        },
      },
    },
    operations: [{ request: { type: "retry" } }],
    status: "SUCCEEDED",
    value: { b: marker, never: unmet("check is not 2"), end: 3 },
  },
  {
    name: "retry of a skipped task",
    workflow: { chain: [{ task: "skipsFirst", args: [1] }, plus, { group: [plus, plus] }] },
    operations: [{ request: { type: "retry", tasks: ["[0]"] } }],
    status: "SUCCEEDED",
    value: [3, 3],
  },
];
