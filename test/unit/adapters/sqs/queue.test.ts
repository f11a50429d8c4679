/**
 * What the local server does not show: batches accepted in part, answers that mention nothing, throttling.
 */
import type { SendMessageBatchCommandInput, SQSClient } from "@aws-sdk/client-sqs";
import { describe, expect, it } from "vitest";
import { sqsCalls } from "../../../../lib/adapters/sqs/client.ts";
import { createSqsQueue } from "../../../../lib/adapters/sqs/queue.ts";
import { QueueError } from "../../../../lib/errors.ts";

const urls = { request: "http://sqs/request", tasks: { default: "http://sqs/default" } };

type Sent = { readonly input: { readonly QueueUrl?: string } };

function queueAnswering(answer: (command: Sent) => unknown, maxBytes?: number) {
  const sent: Sent[] = [];
  const client = {
    send: async (command: Sent) => {
      sent.push(command);
      return answer(command);
    },
  } as unknown as SQSClient;
  return {
    queue: createSqsQueue({ calls: sqsCalls(client), urls, ...(maxBytes === undefined ? {} : { maxBytes }) }),
    sent,
  };
}

const messages = (count: number) => Array.from({ length: count }, (_, i) => ({ body: `${i}`, delaySeconds: 0 }));
const idsOf = (command: Sent) => ((command.input as SendMessageBatchCommandInput).Entries ?? []).map(({ Id }) => Id);

function failing(name: string, message = "for a reason") {
  const cause = Object.assign(new Error(message), { name });
  return {
    cause,
    ...queueAnswering(() => {
      throw cause;
    }),
  };
}

describe("sending to SQS", () => {
  it("C5: reports what SQS refused, and what its answer does not mention", async () => {
    const { queue } = queueAnswering(() => ({
      Successful: [{ Id: "0" }, { Id: "3" }],
      Failed: [{ Id: "1", Code: "InternalError", SenderFault: false }],
    }));
    expect(await queue.send("request", messages(5), "release.send")).toEqual({ failed: [1, 2, 4] });
  });

  it("reports everything when the answer is empty", async () => {
    const { queue } = queueAnswering(() => ({}));
    expect(await queue.send("task:default", messages(2), "release.send")).toEqual({ failed: [0, 1] });
  });

  it("splits what is too large together, and reports positions of the whole", async () => {
    const { queue, sent } = queueAnswering(
      (command) => ({
        Successful: idsOf(command)
          .slice(1)
          .map((Id) => ({ Id })),
      }),
      2,
    );
    expect(await queue.send("task:default", messages(5), "release.send")).toEqual({ failed: [0, 2, 4] });
    expect(sent.map(idsOf)).toEqual([["0", "1"], ["2", "3"], ["4"]]);
    expect(sent.every(({ input }) => input.QueueUrl === urls.tasks.default)).toBe(true);
  });

  it("asks nothing of SQS when there is nothing to send", async () => {
    const { queue, sent } = queueAnswering(() => ({}));
    expect(await queue.send("request", [], "release.send")).toEqual({ failed: [] });
    expect(sent).toEqual([]);
  });

  it.each(["RequestThrottled", "KmsThrottled", "InternalFailure", "TimeoutError", "QueueDoesNotExist", "AccessDenied"])(
    "takes %s for a fault of the moment",
    async (name) => {
      const { queue, cause } = failing(name);
      const error = await queue.send("request", messages(1), "release.send").catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(QueueError);
      expect(error).toMatchObject({
        retryable: true,
        cause,
        message: expect.stringContaining(`request at release.send failed: ${name}`),
      });
    },
  );

  it("names the queues it knows when asked for another", async () => {
    const { queue } = queueAnswering(() => ({}));
    const sending = queue.send("task:other", messages(1), "release.send");
    await expect(sending).rejects.toThrow(
      "queue task:other: no URL is configured, configured are request, task:default",
    );
  });
});

describe("receiving from SQS", () => {
  it.each(["ReceiptHandleIsInvalid", "MessageNotInflight"])(
    "takes %s for a message that has moved on",
    async (name) => {
      const { queue } = failing(name);
      await expect(queue.changeVisibility("request handle", 0)).resolves.toBeUndefined();
      const removing = queueAnswering(() => ({ Failed: [{ Id: "0", Code: name }] }));
      await expect(removing.queue.remove("request handle")).resolves.toBeUndefined();
    },
  );

  it("takes SQS's words for a message that is gone as the same", async () => {
    const message =
      "Value AQEB for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.";
    await expect(
      failing("InvalidParameterValue", message).queue.changeVisibility("request handle", 0),
    ).resolves.toBeUndefined();
    const other = failing("InvalidParameterValue", "Value 99999 for parameter VisibilityTimeout is invalid.");
    await expect(other.queue.changeVisibility("request handle", 99_999)).rejects.toThrow(QueueError);
  });

  it("says when a message was not removed", async () => {
    const { queue } = queueAnswering(() => ({ Failed: [{ Id: "0", Code: "InternalError" }] }));
    await expect(queue.remove("request handle")).rejects.toThrow(/1 of 1 were not removed: InternalError/);
  });

  it("takes any failure to receive for a fault of the moment", async () => {
    await expect(failing("InternalFailure").queue.receive("request", 10)).rejects.toThrow(QueueError);
  });
});
