/**
 * What users pass through, marked, and the lines of the log at its default level: the mark must be in none.
 */
import fc from "fast-check";
import { createDeployment } from "../unit/client/deployment.ts";
import { Harm } from "./guard.ts";
import { tasks } from "./tasks.ts";

/** Short, so that an excerpt of a few characters holds it. */
const mark = "Zq9Xw";

/** Requests with the mark where a secret may be: in arguments, results, errors and headers, well-formed or not. */
export const markedRequests: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("echo", "number", "fail", "absent"),
    fc.constantFrom<unknown>([mark], [{ token: mark }], [[mark, { deep: [mark] }]], mark, { $result: mark }),
    fc.boolean(),
    fc.constantFrom("plain", "chain", "chord", "map"),
    fc.constantFrom("whole", "whole", "whole", "cut", "glued", "wrong type", "wrong key"),
    fc.nat(400),
  )
  .map(([name, args, headers, shape, damage, at]) => {
    const task = { task: name, args, ...(headers ? { headers: { authorization: mark } } : {}) };
    const good = { task: "echo", args: [mark] };
    const shapes = {
      plain: task,
      chain: { chain: [good, task] },
      chord: { chord: { header: [good, task], callback: good, onError: { task: "fail" } } },
      map: { map: { each: task, over: [mark, 1] } },
    } as const;
    const text = JSON.stringify({
      tutti: 1,
      type: "submit",
      requestId: "q",
      id: "r",
      workflow: shapes[shape as "plain"],
    });
    if (damage === "cut") return text.slice(0, Math.max(1, text.length - at));
    if (damage === "glued") return gluedAfterColon(text, at);
    if (damage === "wrong type") return text.replace('"tutti":1', `"tutti":"${mark}"`);
    return damage === "wrong key" ? text.replace('"id":"r"', `"name":{"a":"${mark}"}`) : text;
  });

/** No JSON any more. Never inside a key: keys are names, which errors tell. */
function gluedAfterColon(text: string, at: number): string {
  const colons = [...text.matchAll(/:/g)].map(({ index }) => index);
  const place = (colons[at % colons.length] as number) + 1;
  return `${text.slice(0, place)}${mark}${text.slice(place)}`;
}

/** Sends a request, runs what comes of it to its end, and looks at what was logged. */
export async function checkLog(request: string): Promise<void> {
  const lines: string[] = [];
  const deployment = createDeployment({
    tasks,
    log: {
      write(level, message, fields) {
        if (level !== "debug") lines.push(JSON.stringify({ level, message, ...fields }));
      },
    },
  });
  await deployment.queue.send("request", [{ body: request, delaySeconds: 0 }], "fuzz");
  await deployment.queue.send("task:default", [{ body: request, delaySeconds: 0 }], "fuzz");
  await deployment.advance(30);
  const telling = lines.find((line) => line.includes(mark));
  if (telling !== undefined) throw new Harm(`a line of the log has the secret: ${telling}`);
}
