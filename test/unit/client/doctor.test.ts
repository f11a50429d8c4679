/**
 * What doctor makes of facts: each thing that can be wrong, alone.
 */
import { describe, expect, it } from "vitest";
import { examine, oldestDue } from "../../../lib/client/doctor.ts";
import type { DoctorFacts } from "../../../lib/client/doctor-facts.ts";
import { doctorReportSchema } from "../../../lib/model/doctor-report.ts";
import { epochMs } from "../../../lib/model/ids.ts";
import type { Asked, QueueDescription, Store } from "../../../lib/ports/index.ts";
import { type Answers, aDeployment, aPair, aQueue, found, nowMs } from "./doctor-facts.ts";

const table = found({ status: "ACTIVE", deletionProtected: true, parts: [] });
const refused: Asked<never> = { answer: "refused", why: "AccessDeniedException: no" };
const noKeys: Asked<never> = { answer: "no-credentials", why: "UnrecognizedClientException: bad token" };
const silent: Asked<never> = { answer: "unreachable", why: "Error: connect ECONNREFUSED 127.0.0.1:1" };

/** The findings in a state, as `check about`. */
function inState(facts: DoctorFacts, state: "wrong" | "advice" | "unknown"): string[] {
  return examine(facts)
    .findings.filter((finding) => finding.state === state)
    .map(({ check, about }) => `${check} ${about}`);
}

const images = (given: Partial<QueueDescription>): Partial<Answers> => ({
  queues: new Map([...aDeployment().deployment.queues, ["task:images", aPair("images", given)]]),
});

it("finds nothing wrong with a deployment that works, and says what it could not ask", () => {
  const report = examine(aDeployment());
  expect(doctorReportSchema.strict().parse(report)).toEqual(report);
  expect(report).toMatchObject({ healthy: true, workingConfiguration: [], checkedAt: "2026-11-21T12:00:00.000Z" });
  expect(inState(aDeployment(), "advice")).toEqual([]);
  expect(inState(aDeployment(), "unknown")).toEqual([
    "reader queue request",
    "reader queue images",
    "event-sources event source mappings",
    "stored-data stored data",
  ]);
});

describe("S2-25 S2-27: is wrong", () => {
  const wrongs: readonly [string, Partial<DoctorFacts>, Partial<Answers>, readonly string[]][] = [
    ["a table that is not there", {}, { table: { answer: "missing" } }, ["table table prod"]],
    [
      "a table that cannot be asked for want of a region",
      {},
      { table: { answer: "failed", why: "Error: Region is missing" } },
      ["table table prod"],
    ],
    ["a table that does not answer", {}, { table: silent }, ["table table prod"]],
    [
      "a table that is not ready",
      {},
      { table: found({ status: "CREATING", deletionProtected: true, parts: [] }) },
      ["table table prod"],
    ],
    [
      "an index of another layout",
      {},
      {
        table: found({
          status: "ACTIVE",
          deletionProtected: true,
          parts: [{ name: "index due", found: "none", expected: "dueShard (S), due (N), keys only" }],
        }),
      },
      ["table-layout index due of table prod"],
    ],
    ["expiry that is off", {}, { expiry: found({ found: "off", expected: "ttl" }) }, ["expiry table prod"]],
    ["credentials that are not accepted", {}, { table: noKeys, expiry: noKeys }, ["credentials credentials"]],
    ["a queue whose messages come back too soon", {}, images({ visibilitySeconds: 29 }), ["visibility queue images"]],
    [
      "a queue whose letters go elsewhere",
      {},
      images({ redrive: { maxReceiveCount: 20, targetArn: "arn:aws:sqs:eu-west-1:123456789012:other" } }),
      ["redrive queue images"],
    ],
    [
      "a queue that nobody reads",
      {},
      images({ depth: { visible: 4, inFlight: 0, delayed: 0 } }),
      ["reader queue images"],
    ],
    [
      "dead letters that nobody handles",
      {},
      {
        queues: new Map([
          [
            "request",
            {
              queue: found(aQueue("requests")),
              dead: found(aQueue("requests-dead", { depth: { visible: 2, inFlight: 0, delayed: 0 } })),
            },
          ],
        ]),
      },
      ["dead-letters dead letters of queue request"],
    ],
    [
      "a task whose queue the deployment does not have",
      { tasks: { "add-up": { queue: "default" }, cut: { queue: "videos" } } },
      {},
      ["tasks queue videos"],
    ],
    ["an old Node.js", { machine: { nodeVersion: "v20.18.3", packageVersion: "0.1.0" } }, {}, ["versions versions"]],
    ["a clock that is ahead", {}, { clock: { leastMs: 2100, mostMs: 3300 } }, ["clock clock"]],
    ["a clock that is behind", {}, { clock: { leastMs: -9000, mostMs: -2001 } }, ["clock clock"]],
    ["a sweeper that does not come", {}, { dueMs: found(epochMs(nowMs - 181_000)) }, ["sweeper sweeper"]],
  ];
  it.each(wrongs)("%s", (_, given, answers, expected) => {
    const facts = aDeployment(given, answers);
    expect(inState(facts, "wrong")).toEqual(expected);
    const { healthy, findings, workingConfiguration } = examine(facts);
    expect(healthy).toBe(false);
    for (const { fix } of findings.filter(({ state }) => state === "wrong" || state === "advice"))
      expect(fix).toMatch(/\w/);
    // S2-31: beside what is wrong, what works.
    expect(workingConfiguration).toHaveLength(expected.length);
    for (const { setting, found: here, expected: works } of workingConfiguration) {
      expect(expected[0]?.endsWith(setting.replace(/^.* of (?=queue|table)/, ""))).toBe(true);
      expect(works).not.toBe(here);
    }
  });

  it("a queue without dead letters, or that is not there", () => {
    const { redrive: _, ...endless } = aQueue("images");
    const { dead } = aPair("images");
    const queues = (queue: Asked<QueueDescription>) => ({
      queues: new Map([
        ["task:default" as const, aPair("default")],
        ["task:images" as const, { queue, ...(dead === undefined ? {} : { dead }) }],
      ]),
    });
    expect(inState(aDeployment({}, queues(found(endless))), "wrong")).toEqual(["redrive queue images"]);
    expect(inState(aDeployment({}, queues({ answer: "missing" })), "wrong")).toEqual(["queue queue images"]);
  });
});

describe("is advice, and no fault", () => {
  const advised: readonly [string, Partial<Answers>, string][] = [
    ["recovery that is off", { recovery: found(false) }, "recovery table prod"],
    [
      "a table that may be deleted",
      { table: found({ status: "ACTIVE", deletionProtected: false, parts: [] }) },
      "deletion-protection table prod",
    ],
    [
      "messages that come back before they are sent again",
      images({ visibilitySeconds: 45 }),
      "visibility queue images",
    ],
    [
      "few deliveries",
      images({ redrive: { maxReceiveCount: 3, targetArn: "arn:aws:sqs:eu-west-1:123456789012:images-dead" } }),
      "redrive queue images",
    ],
    ["a queue that is not encrypted", images({ encryption: "none" }), "encryption queue images"],
    ["a clock that is a second off", { clock: { leastMs: 1001, mostMs: 1500 } }, "clock clock"],
  ];
  it.each(advised)("%s", (_, answers, expected) => {
    const facts = aDeployment({}, answers);
    expect([inState(facts, "advice"), inState(facts, "wrong"), examine(facts).healthy]).toEqual([[expected], [], true]);
  });
});

describe("says what could not be asked", () => {
  it("for want of a permission", () => {
    const facts = aDeployment({}, { expiry: refused, recovery: refused, dueMs: refused });
    expect(inState(facts, "wrong")).toEqual([]);
    expect(inState(facts, "unknown")).toEqual(
      expect.arrayContaining(["expiry table prod", "recovery table prod", "sweeper sweeper"]),
    );
    expect(examine(facts).findings.find(({ check }) => check === "expiry")?.found).toMatch(/^not allowed to ask/);
  });

  it("where no task queue is named, and no answer told the time", () => {
    const { clock: _, ...answers } = aDeployment({}, { queues: new Map(), table }).deployment;
    const { tasks: __, ...facts } = aDeployment();
    expect(inState({ ...facts, deployment: answers }, "unknown")).toEqual(
      expect.arrayContaining(["queue task queues", "tasks tasks of the code", "clock clock"]),
    );
  });

  it("where it does not apply: an engine that is not AWS's", () => {
    const { place } = aDeployment();
    const off = { expiry: found({ found: "off", expected: "ttl" }), recovery: found(false) };
    const facts = aDeployment({ place: { ...place, isEmulated: true } }, off);
    expect([inState(facts, "wrong"), inState(facts, "advice")]).toEqual([[], []]);
    expect(inState(facts, "unknown")).toContain("expiry table prod");
  });
});

it("S2-28: says which tasks each queue takes, whether it is read, and where a callback goes", () => {
  const told = examine(aDeployment()).findings.flatMap(({ check, about, found: text }) =>
    ["tasks", "reader", "callbacks"].includes(check) ? [`${about}: ${text}`] : [],
  );
  expect(told).toEqual([
    "queue request: it holds nothing to read: whether somebody would, cannot be seen",
    "queue default: somebody reads it: messages are in workers' hands",
    "queue images: it holds nothing to read: whether somebody would, cannot be seen",
    "queue images: takes resize, as members and as callbacks",
    "queue default: takes add-up, as members and as callbacks",
    "callbacks: a callback goes to the queue of its own task, whatever queues its members have",
  ]);
});

it("takes the visit that is most overdue, of all parts of the index", async () => {
  const due: Record<string, number[]> = { "due#1": [500, 900], "due#3": [300] };
  const store: Pick<Store, "due"> = {
    due: async (shard, before) => {
      expect(before).toBe(nowMs);
      const at = due[shard] ?? [];
      return { items: at.map((one) => ({ key: { pk: `run-${one}`, sk: "head" }, image: { due: one } })) };
    },
  };
  const shards = await oldestDue(store, epochMs(nowMs));
  expect(shards).toBe(300);
  expect(await oldestDue({ due: async () => ({ items: [] }) }, epochMs(nowMs))).toBeUndefined();
});
