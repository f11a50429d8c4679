/**
 * Calls any service of the emulator, for what the product itself has no call: botocore comes with MiniStack, and knows every
 * service. One Python process that stays: loading it takes a second of a core.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { region, type Variables } from "./environment.ts";
import type { CallAws } from "./target.ts";

const program = `
import botocore.session, json, os, sys
session = botocore.session.get_session()
clients = {}
for line in sys.stdin:
    call = json.loads(line)
    try:
        name = call["service"]
        if name not in clients:
            endpoint = os.environ["AWS_ENDPOINT_URL"]
            clients[name] = session.create_client(name, region_name="${region}", endpoint_url=endpoint)
        answer = {"answer": getattr(clients[name], call["operation"])(**call["params"])}
        answer["answer"].pop("ResponseMetadata", None)
    except Exception as error:
        answer = {"error": str(error)}
    print(json.dumps(answer, default=str), flush=True)`;

interface Answer {
  readonly answer?: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

/** @param python - The interpreter that has botocore. */
export function startBotocore(
  python: string,
  env: Variables,
): { readonly call: CallAws; readonly stop: () => Promise<void> } {
  const child = spawn(python, ["-c", program], { env, stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (call: object): Promise<Readonly<Record<string, unknown>>> => {
    child.stdin.write(`${JSON.stringify(call)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error("the Python process that calls the emulator has ended");
    const { answer, error } = JSON.parse(value) as Answer;
    if (answer === undefined) throw new Error(error);
    return answer;
  };
  return {
    call(service, operation, params) {
      // One after the other: answers carry no number.
      const asked = last.then(() => ask({ service, operation, params }));
      last = asked.catch(() => undefined);
      return asked;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}
