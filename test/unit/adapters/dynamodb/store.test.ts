/**
 * What engines do not show: batches answered in part, empty pages, throttling, lost answers.
 */
import {
  BatchGetItemCommand,
  type BatchGetItemCommandInput,
  BatchWriteItemCommand,
  type BatchWriteItemCommandInput,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, it } from "vitest";
import { dynamoCalls } from "../../../../lib/adapters/dynamodb/client.ts";
import { createDynamoStore } from "../../../../lib/adapters/dynamodb/store.ts";
import { createVirtualClock } from "../../../../lib/adapters/memory/clock.ts";
import { createSeededIds } from "../../../../lib/adapters/memory/ids.ts";
import { InvalidWriteError, ItemTooLargeError, StoreError } from "../../../../lib/errors.ts";
import type { Key } from "../../../../lib/ports/index.ts";

type Command = { readonly input: unknown };

/** A store whose client answers as told, in a time that runs by itself. */
function storeAnswering(answer: (command: Command, call: number) => unknown) {
  const sent: Command[] = [];
  const client = {
    send: async (command: Command) => {
      sent.push(command);
      return answer(command, sent.length - 1);
    },
  } as unknown as DynamoDBClient;
  const clock = createVirtualClock(0);
  const store = createDynamoStore({ calls: dynamoCalls(client), table: "t", clock, ids: createSeededIds(1) });
  return { store, sent, clock, during: <T>(call: Promise<T>) => runTimersDuring(clock, call) };
}

/** Lets time pass whenever nothing else happens, until the call has ended. */
async function runTimersDuring<T>(clock: ReturnType<typeof createVirtualClock>, call: Promise<T>): Promise<T> {
  let ended = false;
  const settled = call.finally(() => {
    ended = true;
  });
  settled.catch(() => {});
  while (!ended) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.next();
  }
  return settled;
}

const keys = (count: number): Key[] => Array.from({ length: count }, (_, i) => ({ pk: "run", sk: `item${i}` }));
const wire = (key: Key) => ({ pk: { S: key.pk }, sk: { S: key.sk } });

function failure(name: string, message = "for a reason"): Error {
  return Object.assign(new Error(message), { name });
}

describe("batch reads", () => {
  const keysAsked = (command: Command) => (command.input as BatchGetItemCommandInput).RequestItems?.t?.Keys ?? [];

  it("I2 J11: asks again for what was left over, and answers in order", async () => {
    const { store, sent, during } = storeAnswering((command) => {
      const asked = [...keysAsked(command)].reverse();
      const half = Math.ceil(asked.length / 2);
      const unprocessed = asked.slice(half);
      return {
        Responses: { t: asked.slice(0, half).map((key) => ({ ...key, name: key.sk })) },
        UnprocessedKeys: unprocessed.length === 0 ? {} : { t: { Keys: unprocessed } },
      };
    });
    const images = await during(store.getMany(keys(130), "test.getMany"));
    expect(images).toEqual(keys(130).map(({ sk }) => ({ name: sk })));
    expect(sent.every((command) => command instanceof BatchGetItemCommand && keysAsked(command).length <= 100)).toBe(
      true,
    );
  });

  it("asks for each key once, and for none when there are none", async () => {
    const { store, sent, during } = storeAnswering(() => ({ Responses: { t: [wire({ pk: "run", sk: "item1" })] } }));
    expect(await during(store.getMany([...keys(3), ...keys(3)], "test.getMany"))).toEqual([
      undefined,
      {},
      undefined,
      undefined,
      {},
      undefined,
    ]);
    expect(sent.map((command) => keysAsked(command).length)).toEqual([3]);
    await store.getMany([], "test.getMany");
    expect(sent).toHaveLength(1);
  });

  it("gives up when nothing moves any more", async () => {
    const { store, sent, clock, during } = storeAnswering((command) => ({
      UnprocessedKeys: { t: { Keys: keysAsked(command) } },
    }));
    await expect(during(store.getMany(keys(2), "plan.read"))).rejects.toThrow(
      /batch get at plan.read left over 2 of 2 items 8 times/,
    );
    expect(sent).toHaveLength(8);
    expect(clock.now()).toBeGreaterThan(100);
    expect(clock.now()).toBeLessThan(8000);
  });

  it("goes on as long as something moves", async () => {
    const { store, sent, during } = storeAnswering((command) => {
      const [first, ...rest] = keysAsked(command);
      return { Responses: { t: [first] }, UnprocessedKeys: rest.length === 0 ? {} : { t: { Keys: rest } } };
    });
    expect(await during(store.getMany(keys(40), "test.getMany"))).toEqual(keys(40).map(() => ({})));
    expect(sent).toHaveLength(40);
  });
});

describe("batch deletes", () => {
  const requests = (command: Command) => (command.input as BatchWriteItemCommandInput).RequestItems?.t ?? [];

  it("asks again for what was left over, 25 at a time, each key once (J11)", async () => {
    const deleted: unknown[] = [];
    const { store, sent, during } = storeAnswering((command, call) => {
      const asked = requests(command);
      const left = call % 3 === 0 ? asked.slice(0, Math.floor(asked.length * 0.3)) : [];
      deleted.push(
        ...asked.filter((request) => !left.includes(request)).map((request) => request.DeleteRequest?.Key?.sk?.S),
      );
      return { UnprocessedItems: left.length === 0 ? {} : { t: left } };
    });
    await during(store.remove([...keys(60), ...keys(10)], "test.remove"));
    expect([...deleted].sort()).toEqual(
      keys(60)
        .map(({ sk }) => sk)
        .sort(),
    );
    expect(sent.every((command) => command instanceof BatchWriteItemCommand && requests(command).length <= 25)).toBe(
      true,
    );
  });

  it("gives up when nothing moves any more", async () => {
    const { store, during } = storeAnswering((command) => ({ UnprocessedItems: { t: requests(command) } }));
    await expect(during(store.remove(keys(1), "test.remove"))).rejects.toThrow(StoreError);
  });
});

describe("pages", () => {
  it("gives out an empty page with a cursor, which is not the end (G7)", async () => {
    const { store, sent } = storeAnswering((_, call) =>
      call === 0
        ? { Items: [], LastEvaluatedKey: wire({ pk: "run", sk: "item5" }) }
        : { Items: [wire({ pk: "run", sk: "item6" })] },
    );
    const first = await store.query("run", "item", undefined, "test.query");
    expect(first).toEqual({ items: [], cursor: expect.any(String) });
    const last = await store.query("run", "item", first.cursor, "test.query");
    expect(last).toEqual({ items: [{ key: { pk: "run", sk: "item6" }, image: {} }] });
    expect(sent[1]).toBeInstanceOf(QueryCommand);
    expect(sent[1]?.input).toMatchObject({ ExclusiveStartKey: wire({ pk: "run", sk: "item5" }) });
  });
});

describe("reads", () => {
  const isStrong = ({ input }: Command): boolean | undefined => {
    const { ConsistentRead, RequestItems } = input as {
      ConsistentRead?: boolean;
      RequestItems?: Record<string, object>;
    };
    return RequestItems === undefined
      ? ConsistentRead
      : Object.values(RequestItems).every((one) => isStrong({ input: one }));
  };

  it("are strong, also what is asked again and further pages, but for those of an index (J16)", async () => {
    const { store, sent, during } = storeAnswering((command) => {
      const { RequestItems, ExclusiveStartKey } = command.input as BatchGetItemCommandInput & {
        ExclusiveStartKey?: object;
      };
      if (RequestItems === undefined)
        return { Items: [], ...(ExclusiveStartKey === undefined ? { LastEvaluatedKey: wire(first) } : {}) };
      const open = RequestItems.t?.Keys ?? [];
      // As AWS answers: with what is needed to ask again.
      return { UnprocessedKeys: open.length === 1 ? {} : { t: { ...RequestItems.t, Keys: open.slice(0, 1) } } };
    });
    const [first] = keys(1) as [Key];
    await store.get(first, "test.get");
    await during(store.getMany(keys(150), "test.getMany"));
    const { cursor } = await store.query("run", "item", undefined, "test.query");
    await store.query("run", "item", cursor, "test.query");
    expect(sent.map(isStrong)).toEqual(new Array(7).fill(true));
    await store.due("due#1", 500, undefined, "test.due");
    await store.list("list#1", undefined, "test.list");
    expect(sent.slice(7).map(isStrong)).toEqual([undefined, undefined]);
  });
});

describe("answers and errors", () => {
  const write = { key: { pk: "run", sk: "head" }, set: [{ path: ["a"] as const, value: 1 }] };

  it("takes a failed condition for an answer, with the item it met", async () => {
    const refuse = (item?: object) => () => {
      throw new ConditionalCheckFailedException({ message: "", $metadata: {}, ...(item && { Item: item as never }) });
    };
    const met = storeAnswering(
      refuse({ ...wire(write.key), o: { S: "me" }, m: { M: { b: { B: Buffer.from([1]) } } } }),
    );
    expect(await met.store.write(write, "test.write")).toStrictEqual({
      applied: false,
      image: { o: "me", m: { b: Uint8Array.of(1) } },
    });
    const none = storeAnswering(refuse());
    expect(await none.store.write(write, "test.write")).toEqual({ applied: false, image: undefined });
    expect(none.sent).toEqual([expect.any(UpdateItemCommand)]);
  });

  it.each([
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TransactionConflictException",
    "InternalServerError",
    "TimeoutError",
    "ResourceNotFoundException",
    "AccessDeniedException",
  ])("takes %s for a fault of the moment", async (name) => {
    const cause = failure(name);
    const { store } = storeAnswering(() => {
      throw cause;
    });
    const calls = [
      store.write(write, "slot.claim"),
      store.get(write.key, "slot.claim"),
      store.getMany([write.key], "slot.claim"),
      store.query("run", "", undefined, "slot.claim"),
      store.remove([write.key], "slot.claim"),
      store.due("due#0", 1, undefined, "slot.claim"),
      store.list("list#0", undefined, "slot.claim"),
    ];
    for (const call of calls) {
      const error = await call.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({
        retryable: true,
        cause,
        message: expect.stringContaining(`slot.claim failed: ${name}`),
      });
    }
  });

  it.each([
    "Item size has exceeded the maximum allowed size",
    "Item size to update has exceeded the maximum allowed size",
  ])("takes %j for an item that is too large", async (message) => {
    const { store } = storeAnswering(() => {
      throw failure("ValidationException", message);
    });
    const error = await store.write(write, "test.write").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ItemTooLargeError);
    expect(error).toMatchObject({ retryable: false, item: write.key });
  });

  it.each([
    "The document path provided in the update expression is invalid for update",
    "Invalid ConditionExpression: Expression size has exceeded the maximum allowed size; expression size: 4101",
  ])("takes %j for a fault of the program", async (message) => {
    const { store } = storeAnswering(() => {
      throw failure("ValidationException", message);
    });
    const error = await store.write(write, "test.write").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidWriteError);
    expect(error).toMatchObject({ retryable: false, message: expect.stringContaining(message) });
  });
});
