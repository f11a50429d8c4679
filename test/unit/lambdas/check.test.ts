import { describe, expect, it } from "vitest";
import { createCheckHandler } from "../../../lambdas/check/handler.ts";
import { createTopic } from "../../../lib/adapters/sns/topic.ts";
import { silentLog } from "../../../lib/adapters/system/log.ts";
import { noMetrics } from "../../../lib/adapters/system/metrics.ts";
import type { CheckReport, Issue } from "../../../lib/index.ts";

const issue = (more: Partial<Issue> = {}): Issue => ({
  kind: "worker-lost",
  runId: "nightly",
  joinId: "header",
  since: "2026-11-21T09:00:00.000Z",
  sinceSeconds: 7200,
  expected: 40,
  arrived: 39,
  missing: [],
  missingCount: 1,
  groups: [],
  explanation: "the worker of header[39] is gone",
  fix: ["tutti fix nightly"],
  stuck: true,
  ...more,
});

const reportOf = (issues: Issue[]): CheckReport => ({
  schemaVersion: 1,
  healthy: issues.length === 0,
  checkedAt: "2026-11-21T11:00:00.000Z",
  maxRuntimeHours: 1,
  runs: 1,
  activeJoins: 1,
  issues,
  waiting: [],
  rejected: [],
  rejectedCount: 0,
  unknown: [],
  partial: false,
});

async function checked(issues: Issue[]) {
  const published: [string, string][] = [];
  const counted: [string, number][] = [];
  const handler = createCheckHandler({
    check: async () => reportOf(issues),
    publish: async (subject, text) => void published.push([subject, text]),
    log: silentLog,
    metrics: { count: (name, value) => void counted.push([name, value]) },
  });
  return { health: await handler({}), published, counted };
}

describe("the scheduled check", () => {
  it("tells what is stuck, why, and what mends it", async () => {
    const { health, published } = await checked([issue()]);
    expect(health).toMatchObject({ status: "unhealthy", stuck_chords: 1 });
    expect(published).toEqual([
      [
        "Tutti: 1 thing stuck in 1 run",
        [
          "Checked at 2026-11-21T11:00:00.000Z.",
          "worker-lost: nightly/header, since 2026-11-21T09:00:00.000Z\n  the worker of header[39] is gone\n  tutti fix nightly",
        ].join("\n\n"),
      ],
    ]);
  });

  it("tells nobody while nothing is stuck, or what is will be mended by the sweeper", async () => {
    expect((await checked([])).published).toEqual([]);
    expect((await checked([issue({ stuck: false })])).published).toEqual([]);
  });

  it("counts what is stuck, at 0 too: the alarm on that tells that all is well again", async () => {
    expect((await checked([issue(), issue(), issue({ stuck: false })])).counted).toEqual([["check.stuck", 2]]);
    expect((await checked([issue({ stuck: false })])).counted).toEqual([["check.stuck", 0]]);
  });

  it("tells the first 20, cut to what a message holds", async () => {
    const explanation = "é".repeat(50_000);
    const { published } = await checked(Array.from({ length: 500 }, () => issue({ explanation })));
    const [[subject = "", text = ""] = []] = published;
    expect(subject).toBe("Tutti: 500 things stuck in 1 run");
    expect(text).toMatch(/And 480 more: tutti check$/);
    expect(Buffer.byteLength(text)).toBeLessThan(256 * 1024);
  });

  it("fails when nobody could be told, so that somebody sees it", async () => {
    const publish = async () => Promise.reject(new Error("AuthorizationError"));
    const parts = { log: silentLog, metrics: noMetrics };
    const handler = createCheckHandler({ check: async () => reportOf([issue()]), publish, ...parts });
    await expect(handler({})).rejects.toThrow("AuthorizationError");
  });

  it("counts nothing when it could not look: the alarm keeps its state", async () => {
    const counted: string[] = [];
    const handler = createCheckHandler({
      check: async () => Promise.reject(new Error("AccessDenied")),
      publish: async () => undefined,
      log: silentLog,
      metrics: { count: (name) => void counted.push(name) },
    });
    await expect(handler({})).rejects.toThrow("AccessDenied");
    expect(counted).toEqual([]);
  });
});

it("a topic is sent subject and text", async () => {
  const inputs: unknown[] = [];
  const send = async ({ input }: { readonly input: unknown }) => void inputs.push(input);
  await createTopic("arn:aws:sns:eu-west-1:123456789012:people", { send } as never).publish("a", "b");
  expect(inputs).toEqual([{ TopicArn: "arn:aws:sns:eu-west-1:123456789012:people", Subject: "a", Message: "b" }]);
});
