/**
 * Ways to get stuck: how each is made to happen, and what `check` has to say of it.
 */

import { z } from "zod";
import { chain, chord, dag, group, map } from "../../../lib/canvas/canvas.ts";
import type { Issue } from "../../../lib/model/operating-reports.ts";
import { defineTask } from "../../../lib/tasks/define-task.ts";
import type { DeploymentOptions } from "../client/deployment.ts";
import type { Stage } from "./stage.ts";

export interface Way {
  readonly name: string;
  readonly kind: Issue["kind"];
  readonly options?: DeploymentOptions;
  readonly happen: (stage: Stage) => Promise<void>;
  /** Hours without progress that make it stuck. @default 1 */
  readonly hours?: number;
  /** Asks for the run by name. @default all runs */
  readonly byName?: boolean;
  readonly joinId?: string | null;
  /** Task ids of all that is missing. */
  readonly missing?: readonly string[];
  readonly where?: Issue["missing"][number]["where"];
  /** A part of the explanation. */
  readonly says: RegExp;
  /** How the run ends once it is mended. @default SUCCEEDED */
  readonly ends?: "SUCCEEDED" | "FAILED" | "REVOKED" | "TIMED_OUT";
  /** Seconds that the mended run is given. @default 300 */
  readonly seconds?: number;
}

const one = (value: number) => ({ task: "one", args: [value] });
const nap = (seconds: number) => ({ task: "nap", args: [seconds] });
const collect = { task: "collect" };
const pair = { chord: { header: [one(1), one(2)], callback: collect } };
const anything = z.array(z.any());

export const ways: readonly Way[] = [
  {
    name: "the worker of a member is killed",
    kind: "worker-lost",
    async happen({ begin, deployment }) {
      await begin({ chord: { header: [one(1), nap(100)], callback: collect } }, { seconds: 5 });
      deployment.kill();
      deployment.switches.workers = false;
      await deployment.advance(60);
      deployment.switches.workers = true;
    },
    joinId: ".",
    missing: ["r/header[1]"],
    where: "lost",
    says: /1 of 2 members have arrived, 1 missing: header\[1\] is lost: worker \w+ has been silent since/,
  },
  {
    name: "the message of a member is lost",
    kind: "message-lost",
    async happen({ begin, deployment, lose }) {
      deployment.switches.unread.add("other");
      await begin({ chord: { header: [one(1), { task: "other", args: [2] }], callback: collect } }, { seconds: 5 });
      await lose("task:other");
      deployment.switches.unread.clear();
      await deployment.advance(600);
    },
    joinId: ".",
    missing: ["r/header[1]"],
    where: "lost",
    says: /which holds nothing any more: its message was lost, purged, or never sent/,
  },
  {
    name: "the callback is on a queue that nobody reads",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("callbacks");
      await begin({ chord: { header: [one(1), one(2)], callback: { task: "collectElsewhere" } } }, { seconds: 600 });
    },
    joinId: ".",
    missing: ["r/callback"],
    where: "queued",
    says: /all 2 members have arrived: callback is queued: .*queue callbacks, and nobody reads it: about 1 message/,
  },
  {
    name: "members are on a queue that nobody reads",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      const header = [one(0), ...[1, 2, 3].map((value) => ({ task: "other", args: [value] })), one(4)];
      await begin({ chord: { header, callback: collect } }, { seconds: 900 });
    },
    joinId: ".",
    missing: ["r/header[1]", "r/header[2]", "r/header[3]"],
    says: /2 of 5 members have arrived, 3 missing: header\[1\.\.3\] are queued/,
  },
  {
    name: "the URL of a queue is wrong",
    kind: "queue-missing",
    async happen({ begin, deployment, lose }) {
      deployment.switches.unread.add("other");
      deployment.switches.missing.add("other");
      await begin(chord([one(1) as never, { task: "other", args: [2] } as never], collect as never), { seconds: 2 });
      await lose("task:other");
      deployment.switches.unread.clear();
    },
    missing: ["r/header[1]"],
    where: "not sent",
    says: /the deployment has no queue other, or nothing answers at its URL/,
  },
  {
    name: "the deployed code does not know a task",
    kind: "task-unknown",
    async happen({ begin, deployment, tasks }) {
      deployment.switches.workers = false;
      await begin(pair, { seconds: 1 });
      const { one: _, ...rest } = tasks;
      deployment.redeploy(rest);
      deployment.switches.workers = true;
      await deployment.advance(600);
    },
    missing: ["r/header[0]", "r/header[1]"],
    says: /header\[0\.\.1\] are queued: .* the deployed code has no task one: it is of another version/,
    seconds: 1200,
  },
  {
    name: "a new version has the task on another queue",
    kind: "task-moved",
    async happen({ begin, deployment, tasks }) {
      deployment.switches.workers = false;
      await begin({ chord: { header: [{ task: "other", args: [2] }], callback: collect } }, { seconds: 1 });
      const moved = defineTask({ name: "other", args: anything, queue: "new" }, async () => null);
      deployment.redeploy({ ...tasks, other: moved });
      deployment.switches.unread.add("other");
      deployment.switches.workers = true;
      await deployment.advance(600);
    },
    missing: ["r/header[0]"],
    says: /the deployed code has task other on queue new: the run is of another version/,
  },
  {
    name: "the message of a member is dead-lettered, and nobody handles that",
    kind: "dead-lettered",
    async happen({ begin, deployment, giveUp }) {
      deployment.switches.letters = false;
      deployment.switches.unread.add("other");
      await begin({ chord: { header: [{ task: "other", args: [2] }], callback: collect } }, { seconds: 1 });
      await giveUp("task:other");
      deployment.switches.unread.clear();
      await deployment.advance(600);
    },
    missing: ["r/header[0]"],
    where: "dead-lettered",
    says: /its dead-letter queue holds 1 message and nobody handles what is there/,
  },
  {
    name: "a member fails, and waits a day for its next attempt",
    kind: "task-failing",
    async happen({ begin, deployment }) {
      await begin({ chord: { header: [one(1), { task: "failing" }], callback: collect } }, { seconds: 5 });
      await deployment.advance(7200);
    },
    missing: ["r/header[1]"],
    where: "retrying",
    says: /attempt 1 failed with Error: no such customer; attempt 2 is at 2026-11-2/,
    ends: "FAILED",
  },
  {
    name: "a person has not decided",
    kind: "waits-for-report",
    async happen({ begin }) {
      await begin({ chord: { header: [one(1), { task: "approve" }], callback: collect } }, { seconds: 7200 });
    },
    missing: ["r/header[1]"],
    where: "elsewhere",
    says: /with a program elsewhere or a person since .*; token /,
  },
  {
    name: "the run was paused and forgotten",
    kind: "paused",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("default");
      await begin(pair, { seconds: 1 });
      await deployment.until(deployment.client.pause("r"));
      deployment.switches.unread.clear();
      await deployment.advance(7200);
    },
    missing: ["r/header[0]", "r/header[1]"],
    where: "not started",
    says: /the run is paused since 2026-11-21T09/,
  },
  {
    name: "a body hangs within its limit",
    kind: "runs-long",
    async happen({ begin }) {
      await begin({ chord: { header: [one(1), nap(30_000)], callback: collect } }, { seconds: 7200 });
    },
    missing: ["r/header[1]"],
    where: "running",
    says: /attempt 1 runs since .*, leased by \w+ until .*; its limit is 36000 s/,
    ends: "FAILED",
  },
  {
    name: "whoever settled an inner chord died before the outer one was told",
    kind: "not-driven",
    async happen({ begin, deployment, killAt, lose }) {
      killAt("slot.settle");
      await begin({ chord: { header: [{ group: [one(1), one(2)] }, one(3)], callback: collect } }, { seconds: 10 });
      deployment.switches.workers = false;
      await deployment.advance(70);
      await lose("task:default");
      deployment.switches.workers = true;
    },
    joinId: ".",
    says: /header\[0\] is recorded: what comes before it has ended, and that has not followed/,
  },
  {
    name: "control died in the middle of a long list",
    kind: "not-sent",
    options: { shape: { messagesPerRange: 4 } },
    async happen({ begin, deployment, lose }) {
      deployment.switches.control = false;
      const header = Array.from({ length: 9 }, (_, i) => ({ task: "one", args: [i], fairnessKey: `k${i}` }));
      await begin({ chord: { header, callback: collect } });
      const [message] = await deployment.queue.receive("request", 1);
      if (message === undefined) throw new Error("no request");
      await deployment.coordinator.control(message);
      await deployment.queue.remove(message.receipt);
      await lose("request");
      await deployment.advance(7200);
      deployment.switches.control = true;
    },
    joinId: ".",
    where: "not sent",
    says: /are not sent: it is in a part of the list that control has not sent/,
  },
  {
    name: "nobody reads the request queue",
    kind: "requests-not-read",
    options: { control: false },
    happen: ({ begin }) => begin(pair, { seconds: 600 }),
    joinId: null,
    says: /requests wait on the request queue, and nobody takes them/,
  },
  {
    name: "the sweeper does not run",
    kind: "sweeper-not-running",
    async happen({ begin, deployment }) {
      await begin(nap(600), { seconds: 1 });
      await deployment.advance(500);
    },
    joinId: null,
    says: /a run has waited for its visit by the sweeper since/,
    seconds: 700,
  },
  {
    name: "a chord's deadline has passed, and nobody has looked",
    kind: "deadline-passed",
    happen: ({ begin }) =>
      begin({ chord: { header: [one(1), nap(7200)], callback: collect, deadlineSeconds: 60 } }, { seconds: 100 }),
    joinId: ".",
    missing: ["r/header[1]"],
    says: /its deadline of 60 s has passed/,
    ends: "FAILED",
  },
  {
    name: "the run's deadline has passed, and nobody has looked",
    kind: "deadline-passed",
    happen: ({ begin }) => begin(nap(7200), { seconds: 100, deadlineSeconds: 60 }),
    joinId: null,
    says: /the run's deadline has passed/,
    ends: "TIMED_OUT",
  },
  {
    name: "control died in the middle of a retry",
    kind: "not-driven",
    async happen({ begin, deployment, killAt, lose }) {
      await begin({ chord: { header: [one(1), { task: "brokenOnce" }], callback: collect } }, { seconds: 5 });
      killAt("item.reopen");
      await deployment.until(deployment.client.retry("r", {}));
      deployment.switches.control = false;
      await deployment.advance(61);
      await lose("request");
      deployment.switches.control = true;
    },
    byName: true,
    joinId: null,
    says: /part of the run still belongs to a generation before 2: the retry has not come to its end/,
  },
  {
    name: "a member of a map is stuck",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      await begin(chain({ task: "upTo", args: [2] } as never, map({ task: "other" } as never)), { seconds: 600 });
    },
    says: /\[0\.\.1\] are queued: .*nobody reads it/,
  },
  {
    name: "a result was too large",
    kind: "result-too-large",
    byName: true,
    happen: ({ begin }) => begin({ task: "large" }, { seconds: 5 }),
    says: /the run ended FAILED .*result-too-large/,
    ends: "FAILED",
  },
  {
    name: "a lane is held up by its first member",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      await begin({ map: { over: [1, 2, 3, 4], each: { task: "other" }, maxConcurrency: 1 } }, { seconds: 600 });
    },
    missing: ["r/[0]", "r/[1]", "r/[2]", "r/[3]"],
    says: /0 of 4 members have arrived, 4 missing: \[0\] is queued: .*; \[1\.\.3\] are not sent: it waits for its turn/,
  },
  {
    name: "the first link of a chain in a header is stuck",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      const header = [one(1), { chain: [{ task: "other", args: [1] }, { task: "one" }] }];
      await begin({ chord: { header, callback: collect } }, { seconds: 600 });
    },
    joinId: ".",
    missing: ["r/header[1]/[1]"],
    where: "inside",
    says: /it waits for header\[1\]\/\[0\], which is queued: .*nobody reads it/,
  },
  {
    name: "requests are dead-lettered, and nobody handles that",
    kind: "dead-letters",
    options: { control: false },
    async happen({ begin, deployment, giveUp }) {
      deployment.switches.letters = false;
      await begin(pair);
      await giveUp("request");
      deployment.switches.control = true;
    },
    joinId: null,
    says: /dead letters that nobody handles: 1 of request/,
  },
  {
    name: "the worker function fails before it takes a task",
    kind: "not-taken",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      await begin({ chord: { header: [{ task: "other", args: [2] }], callback: collect } }, { seconds: 7200 });
      await deployment.queue.receive("task:other", 10);
    },
    missing: ["r/header[0]"],
    says: /not taken: about 0 messages waiting, 1 in workers' hands.*its worker function fails before the task begins/,
  },
  {
    name: "the queue is long",
    kind: "queue-long",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      const header = Array.from({ length: 30 }, (_, i) => ({ task: "other", args: [i] }));
      await begin({ chord: { header, callback: collect } }, { seconds: 7200 });
      await deployment.queue.receive("task:other", 1);
    },
    joinId: ".",
    says: /header\[0\.\.29\] are queued: .*behind others: about 2 messages waiting, 1 in workers' hands/,
  },
  {
    name: "the queues cannot be asked",
    kind: "unseen",
    async happen({ begin, deployment }) {
      deployment.switches.askable = false;
      deployment.switches.unread.add("other");
      await begin(group([{ task: "other", args: [1] } as never]), { seconds: 7200 });
    },
    missing: ["r/[0]"],
    says: /the queue could not be asked, so it is unknown whether it is long, nobody reads it, or the message was lost/,
  },
  {
    name: "a join of a dag waits for one of its parents",
    kind: "queue-not-read",
    async happen({ begin, deployment }) {
      deployment.switches.unread.add("other");
      const nodes = {
        a: one(1) as never,
        b: { task: "other", args: [2] } as never,
        c: { task: "collect", args: [1], after: ["a", "b"] } as never,
      };
      await begin(dag({ nodes }), { seconds: 600 });
    },
    joinId: "c@after",
    missing: ["r/b"],
    says: /1 of 2 members have arrived, 1 missing: b is queued/,
  },
];
