/**
 * `node start.cjs PROGRAM ROLE`: runs the bundled program with the code that V8 compiled before, and so starts in about half
 * of the processor time (0.15 s for 0.25 s, 2026-11-21, 2 cores, Node 20.20.2).
 *
 * The first process of a program finds no such code, and leaves it behind when it ends.
 */
const { existsSync, readFileSync, writeFileSync } = require("node:fs");
const Module = require("node:module");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

const [program] = process.argv.splice(2, 1);
const compiled = `${program}.compiled`;
const known = existsSync(compiled);
const script = new Script(Module.wrap(readFileSync(program, "utf8")), {
  filename: program,
  ...(known ? { cachedData: readFileSync(compiled) } : {}),
});
if (!known) process.on("exit", () => writeFileSync(compiled, script.createCachedData()));
script.runInThisContext()(module.exports, require, module, program, dirname(program));
