/**
 * The list of a streaming task, item by item: each is checked when it is reached.
 */
import { FatalError } from "../errors.ts";
import type { ItemSchema } from "./arguments-schema.ts";

/**
 * Items as the schema makes them. May be iterated any number of times.
 *
 * @throws FatalError at an item that does not fit: it never will.
 */
export function checkedItems(items: AsyncIterable<unknown>, schema: ItemSchema): AsyncIterable<unknown> {
  return {
    async *[Symbol.asyncIterator]() {
      let index = 0;
      for await (const item of items) {
        const parsed = schema.safeParse(item);
        if (!parsed.success) throw unfit(index, parsed.error.issues[0]);
        yield parsed.data;
        index++;
      }
    },
  };
}

function unfit(
  index: number,
  issue: { readonly path: PropertyKey[]; readonly message: string } | undefined,
): FatalError {
  const path = [0, index, ...(issue?.path ?? [])].map(String).join("][");
  return new FatalError(`invalid argument [${path}]: ${issue?.message ?? "does not fit"}`);
}
