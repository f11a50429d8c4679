/**
 * One task for each text, whatever became of the others.
 */
import { chord } from "tutti";
import { addUp, countWords } from "./tasks.ts";

export function wordsWorkflow(texts: readonly string[]) {
  return chord(
    texts.map((text) => countWords.with(text)),
    addUp,
    { when: "all-settled" },
  );
}

export default wordsWorkflow(["the score marking for all together", "tutti", ""]);
