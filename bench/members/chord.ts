/**
 * The workflow that is measured: one chord of members that do nothing, and a callback that checks what it is given.
 */
import { z } from "zod";
import { defineTask, FatalError, type SubmitRequest } from "../../lib/index.ts";
import { type CompileOptions, compile } from "../../lib/plan/compile.ts";
import type { Plan, TaskCatalog } from "../../lib/plan/types.ts";

/** Returns its number. */
export const member = defineTask({ name: "member", args: z.tuple([z.number()]) }, (_ctx, index) => index);

/** Gets the members' results: each must be there, in the order of the header. */
export const check = defineTask(
  { name: "check", args: z.tuple([z.array(z.unknown()), z.number()]) },
  (_ctx, results, members) => {
    const wrong = results.findIndex((result, index) => result !== index);
    if (wrong >= 0) throw new FatalError(`result ${wrong} is ${JSON.stringify(results[wrong])}`);
    if (results.length !== members) throw new FatalError(`${results.length} results of ${members}`);
    return members;
  },
);

/**
 * What is sent: a chord of one, which {@link compileChord} takes for one of `members`. So a run of any size is submitted
 * alike, and the way of its document is no part of what is measured.
 */
export function chordRequest(runId: string): SubmitRequest {
  return { tutti: 1, type: "submit", id: runId, requestId: runId, workflow: chordOf(1) };
}

/** A compile that makes the chord as large as asked for. */
export function compileChord(members: number, shape: CompileOptions) {
  const workflow = chordOf(members);
  return (request: SubmitRequest, catalog: TaskCatalog): Plan => compile({ ...request, workflow }, catalog, shape);
}

function chordOf(members: number): SubmitRequest["workflow"] {
  const header = Array.from({ length: members }, (_, index) => ({ task: "member", args: [index] }));
  return { chord: { header, callback: { task: "check", args: [members] } } };
}
