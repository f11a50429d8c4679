/**
 * Texts with a size.
 */

/** Cuts at a character, so that at most `bytes` bytes of UTF-8 remain. Lone surrogates become U+FFFD, as in the table. */
export function cutTo(text: string, bytes: number): string {
  // No character has less than a byte, so the rest of a huge text is never looked at.
  const beginning = text.slice(0, bytes + 1).toWellFormed();
  if (Buffer.byteLength(beginning) <= bytes) return beginning;
  const cut = Buffer.from(beginning)
    .subarray(0, bytes - 3)
    .toString("utf8")
    .replace(/\uFFFD+$/, "");
  return `${cut}…`;
}
