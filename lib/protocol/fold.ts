/**
 * Many members in few words: numbers in a row are folded to ranges.
 */

/** `3`, `0..39`, `0..2,5,7..9`: rising numbers, each once. */
export function foldNumbers(numbers: readonly number[]): string {
  const parts: string[] = [];
  for (let at = 0; at < numbers.length; ) {
    let end = at;
    while (numbers[end + 1] === (numbers[end] as number) + 1) end++;
    parts.push(end === at ? `${numbers[at]}` : `${numbers[at]}..${numbers[end]}`);
    at = end + 1;
  }
  return parts.join(",");
}
