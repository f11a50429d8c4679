/**
 * What `npm run verify:fuzz` damages: of everything that the grammars know there must be an original, and each must be good.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import * as ourMessages from "../../../lib/model/message.ts";
import * as outside from "../../../lib/model/outside.ts";
import * as requests from "../../../lib/model/request.ts";
import { parseWorkflowDocument } from "../../../lib/plan/parse-request.ts";
import { corpus, messages } from "../../fuzz/corpus.ts";

type Grammar = z.ZodObject<Record<string, z.ZodType>>;

/** The schemas of messages among what a module exports, by name: objects that say of what type they are. */
function grammarsIn(found: unknown, name: string): (readonly [string, Grammar])[] {
  if (found instanceof z.ZodObject) return "type" in found.shape ? [[name, found as Grammar]] : [];
  if (found instanceof z.ZodDiscriminatedUnion)
    return found.options.flatMap((option, at) => grammarsIn(option, `${name} ${at}`));
  if (typeof found !== "object" || found === null || found instanceof z.ZodType) return [];
  return Object.entries(found).flatMap(([key, inner]) => grammarsIn(inner, name === "" ? key : `${name}.${key}`));
}

const grammars = [ourMessages, requests, outside].flatMap((module) => grammarsIn(module, ""));

describe("the originals of damaged inputs", () => {
  it.each(grammars)("has a message of each grammar, with each of its keys: %s", (_name, grammar) => {
    const good = messages.filter((one) => grammar.safeParse(one).success) as readonly object[];
    const missing = Object.keys(grammar.shape).filter((key) => !good.some((one) => key in one));
    expect({ found: good.length > 0, missing }).toEqual({ found: true, missing: [] });
  });

  it.each(messages.map((one) => [JSON.stringify(one), one] as const))(
    "has no message that is refused: %s",
    (_, one) => {
      expect(grammars.some(([, grammar]) => grammar.safeParse(one).success)).toBe(true);
    },
  );

  it("has messages that begin as those by which they are known", () => {
    const own = [...corpus.taskMessages, ...corpus.controlMessages, ...corpus.outsideMessages];
    for (const one of own) expect(Object.keys(one as object).slice(0, 2)).toEqual(["tutti", "type"]);
  });

  it.each(corpus.workflows.map((one) => [JSON.stringify(one), one] as const))(
    "has no workflow that is refused: %s",
    (_, one) => {
      expect(() => parseWorkflowDocument(structuredClone(one))).not.toThrow();
    },
  );
});
