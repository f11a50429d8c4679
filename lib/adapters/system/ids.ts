import { randomFillSync } from "node:crypto";
import type { Ids } from "../../ports/system.ts";

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";
const idLength = 16;
/** Largest multiple of 36 that a byte holds: what lies above is drawn again, so that no letter is likelier. */
const unbiasedBelow = 252;

/** Ids and chance of the operating system's generator: 82 bits an id, so nobody ever draws the same. */
export const cryptoIds: Ids = {
  next() {
    const bytes = new Uint8Array(2 * idLength);
    let id = "";
    while (id.length < idLength) {
      randomFillSync(bytes);
      for (const byte of bytes) {
        if (byte < unbiasedBelow && id.length < idLength) id += alphabet[byte % alphabet.length];
      }
    }
    return id;
  },
  fraction: () => (randomFillSync(new Uint32Array(1))[0] as number) / 2 ** 32,
};
