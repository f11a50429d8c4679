// What the tests of test/unit/protocol take from "vitest", as far as they do: suites and tests are put into a list, which
// runner.mjs goes through once for each mutant. The matchers are vitest's own.
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";
import * as chai from "chai";
import { use } from "chai";

use(JestExtend);
use(JestChaiExpect);
use(JestAsymmetricMatchers);

export const expect = Object.assign((value, message) => chai.expect(value, message), chai.expect);
Object.assign(expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT]);
setState({ assertionCalls: 0 }, expect);

export const tests = [];
let suite = { file: "", name: "", before: [] };

/** What follows is of that file. */
export function beginFile(name) {
  suite = { file: name, name, before: [] };
}

export function describe(name, declare) {
  const outer = suite;
  suite = { ...outer, name: `${outer.name} › ${name}`, before: outer.before.slice() };
  declare();
  suite = outer;
}

export function beforeEach(prepare) {
  suite.before.push(prepare);
}

/** A test. Its number tells it from others of the same name: the rows of a table. */
export function it(name, body) {
  const { before } = suite;
  const run = async () => {
    for (const prepare of before) await prepare();
    await body();
  };
  tests.push({ id: `${suite.name} › ${name} (${tests.length})`, file: suite.file, run });
}

it.each = (rows) => (name, body) => {
  for (const row of rows) it(name, () => (Array.isArray(row) ? body(...row) : body(row)));
};
