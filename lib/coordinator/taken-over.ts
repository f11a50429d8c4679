/**
 * What a new generation has taken over as it was: items of the older one, in which everything has come to its end
 * (lib/protocol/reopen.ts). Nothing is written to them; who meets one drives on from it.
 */
import type { Image, WriteResult } from "../ports/index.ts";
import { NotReopenedError } from "./run.ts";

/** A write that is refused by such an item: that is the image met. */
export async function unlessKept(
  write: () => Promise<WriteResult>,
  isKept: (image: Image) => boolean,
): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    if (error instanceof NotReopenedError && isKept(error.image)) return { applied: false, image: error.image };
    throw error;
  }
}
