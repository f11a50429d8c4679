/**
 * Turns a licence file into the words that matter for comparing it, after the SPDX matching guidelines: case,
 * punctuation, layout, copyright lines, list bullets and the names of the parties do not make another licence.
 *
 * @see https://spdx.github.io/spdx-spec/v3.0.1/annexes/license-matching-guidelines-and-templates/
 */

const copyrightLine =
  /^\W*(?:(?:portions|parts) (?:are |of this \w+ )?)?(?:copyright\b|copr\.|\(c\)|©).*(?:\(c\)|©|\d{4}|[<[{]|\byyyy\b|\byear\b|all rights reserved)/iu;
const listBullet = /^\s*(?:\(?(?:\d{1,2}(?:\.\d{1,2})*|[a-z]|[ivx]{1,4})[.)]+|[-*+•·–])\s+/iu;
const commentMark = /^\s*(?:\/\/+|\/?\*+\/?|#+|;+|>+|--+|\|)\s?/u;

/** One wording for what licensors spell differently or fill in with their own names. */
const sameMeaning: readonly (readonly [RegExp, string])[] = [
  [/\ball rights reserved\b/g, " "],
  [/\blicen[cs](e[sd]?|ing|ors?|ees?)\b/g, "licens$1"],
  [/\bsub licens/g, "sublicens"],
  [/\bnon infring/g, "noninfring"],
  [/\b(?:http|https) (www )?/g, ""],
  [/\bin no event (?:shall|will|should) (?:\S+ ){1,14}?be liable\b/g, "in no event shall the author be liable"],
  [/\bprovided by (?:\S+ ){1,14}?as is and any express\b/g, "provided by the author as is and any express"],
  [/\bas is and (?:\S+ ){1,10}?disclaims? all warranties\b/g, "as is and the author disclaims all warranties"],
  [
    /\b(?:the )?names? (?:of )?(?:\S+ ){1,12}?may not be used to endorse or promote\b/g,
    "neither the name of the author nor the names of contributors may be used to endorse or promote",
  ],
  [
    /\bneither the names? (?:of )?(?:\S+ ){1,20}?nor the names? of (?:\S+ ){0,3}contributors\b/g,
    "neither the name of the author nor the names of contributors",
  ],
];

/**
 * The comparable words of a text, in order.
 *
 * @param text - A whole licence file.
 */
export function licenceWords(text: string): readonly string[] {
  const lines = withoutMarkup(text)
    .split(/\r\n|\r|\n/)
    .map((line) => line.replace(commentMark, ""))
    .filter((line) => !copyrightLine.test(line))
    .map((line) => line.replace(listBullet, ""));

  let words = lines
    .join("\n")
    .replace(/(\p{L})-\n\s*(?=\p{Ll})/gu, "$1")
    .normalize("NFKC")
    .toLowerCase()
    .replace(/&(?:amp|nbsp|quot|lt|gt|#\d+);/g, " ")
    .replace(/['’`]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ");
  for (const [pattern, replacement] of sameMeaning) words = words.replace(pattern, replacement);
  return words.split(" ").filter((word) => word !== "");
}

/** Tags of HTML and the targets of Markdown links are not part of the wording. */
function withoutMarkup(text: string): string {
  const plain = /<\/?(?:html|body|div|p|br|h[1-6]|pre|span)\b/i.test(text)
    ? text.replace(/<\/?[a-z][a-z0-9]*\b[^<>]{0,500}>/gi, " ")
    : text;
  return plain.replace(/\]\((?:https?:|#|mailto:|\.?\/)[^)\s]{0,500}\)/g, "]");
}
