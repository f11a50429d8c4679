/**
 * How wide a text is on a terminal: Chinese, Japanese, Korean and emoji take two columns, combining marks none.
 */

const wide =
  /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{20000}-\u{3fffd}]/u;
const none = /\p{Mn}|\p{Me}|\p{Cf}/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: a text of these alone is as wide as it is long
const plain = /^[\u0000-\u007f]*$/;

/** Columns that a text takes. */
export function displayWidth(text: string): number {
  if (plain.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += none.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** The text, filled up with blanks to a width. */
export function padded(text: string, width: number, alignRight = false): string {
  const blanks = " ".repeat(Math.max(0, width - displayWidth(text)));
  return alignRight ? blanks + text : text + blanks;
}

/** A text in lines of a width, cut at blanks; a longer word stays whole. Undefined: as one line. */
export function wrapped(text: string, width: number | undefined): readonly string[] {
  if (width === undefined) return [text];
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
