import { describe, expect, it } from "vitest";
import { createProgram, packageVersion } from "../../cli/program.ts";
import { exitCodes, fakeIo, json, tutti } from "./fake-io.ts";

const commands = (await createProgram(fakeIo())).commands;
const client = ["run", "submit", "status", "inspect", "wait", "result", "report"];

describe("help", () => {
  it("is printed on stdout for --help, and lists every command", async () => {
    const { exitCode, stdout, stderr } = await tutti(["--help"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stderr).toBe("");
    for (const name of [...client, "plan", "dev", "worker"]) expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  });

  it.each(commands.map((command) => command.name()))("of %s has an example and --json", async (name) => {
    const { exitCode, stdout } = await tutti([name, "--help"]);
    expect(exitCode).toBe(exitCodes.fine);
    expect(stdout).toMatch(/^Examples?:\n {2}.*tutti /m);
    expect(stdout).toContain("--json");
  });

  it.each(client)("of %s says where the deployment is taken from", async (name) => {
    const { stdout } = await tutti([name, "--help"]);
    expect(stdout).toContain("flags, else environment, else .tutti/dev.json");
    expect(stdout).toContain("TUTTI_TABLE");
  });

  it.each(["wait", "run"])("of %s says how long it waits at most: there is no wait without an end", async (name) => {
    expect((await tutti([name, "--help"])).stdout.replace(/\s+/g, " ")).toMatch(/above 0.*\(default: 3600\)/);
  });

  it("is printed on stderr, as wrong usage, when no command is named", async () => {
    const { exitCode, stdout, stderr } = await tutti([]);
    expect(exitCode).toBe(exitCodes.usage);
    expect(stdout).toBe("");
    expect(stderr).toContain("Usage: tutti");
  });

  it("keeps to the width of the terminal", async () => {
    const { stdout } = await tutti(["run", "--help"], { columns: 60 });
    const options = stdout.split("\n").filter((line) => line.startsWith("  --"));
    expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

it("--version prints the version of the package", async () => {
  expect(await tutti(["--version"])).toEqual({ exitCode: 0, stdout: `${packageVersion()}\n`, stderr: "" });
  expect(packageVersion()).toMatch(/^\d+\.\d+\.\d+/);
});

describe("wrong usage", () => {
  it.each([
    [["rum", "x"], /unknown command 'rum' \(Did you mean run\?\)/],
    [["run", "--jsn", "x"], /unknown option '--jsn' \(Did you mean --json\?\)/],
    [["wait"], /missing required argument 'ID'/],
    [["result", "a", "b"], /too many arguments/],
    [["wait", "x", "--timeout-seconds", "0"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds", "-1"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds", "NaN"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds", "Infinity"], /must be a number above 0/],
    [["run", "x", "--timeout-seconds", "0"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds", "1e9"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds", "soon"], /must be a number above 0/],
    [["wait", "x", "--timeout-seconds"], /argument missing/],
    [["wait", "not an id"], /must be the id of a run/],
    [["wait", "nightly/callback"], /names a task: give its run, nightly/],
    [["result", "__proto__"], /must be the id of a run/],
    [["inspect", "/x"], /must be the id of a run/],
    [["inspect", "x", "--cursor", "1.5"], /must be a whole number/],
    [["submit", "x", "--id", "no spaces"], /must match/],
    [["submit", "x", "--deadline-seconds", "0"], /must be a whole number from 1/],
    [["submit", "x", "--header", "novalue"], /must be KEY=VALUE/],
    [["submit", "x", "--on-failure", "stop"], /Allowed choices are fail-fast, finish/],
    [["submit", "x", "--fairness-key", "two words"], /It must be 1 to 128 letters, digits and punctuation marks/],
    [["worker", "--queues", "a,,b"], /must be names of task queues, with commas between/],
    [["worker", "--queues", "a", "--only", "sweep,dead-letter"], /--queues is for the role tasks/],
    [["submit", "missing.json"], /cannot read missing\.json: there is no such file/],
    [["submit", "."], /cannot read \.: it is a folder/],
    [
      ["status", "--stack", "prod", "--table", "t"],
      /--stack names a deployment, and --table or --request-queue-url another/,
    ],
    [["plan", "-"], /there is no tasks module here/],
  ])("%j ends with 2 and says what is wrong", async (argv, text) => {
    const options = {
      stdin: '{"task":"add"}',
      env: { TUTTI_TABLE: "t", TUTTI_REQUEST_QUEUE_URL: "http://127.0.0.1:1/q" },
    };
    const told = await tutti(argv, options);
    expect(told).toMatchObject({ exitCode: exitCodes.usage, stdout: "" });
    expect(told.stderr).toMatch(/^error: /);
    expect(told.stderr).toMatch(text);
    expect(told.stderr.split("\n")[1]).toMatch(/^ {2}\S/);

    const [name = "", ...rest] = argv;
    const scripted = await tutti([name, "--json", ...rest], options);
    expect(scripted).toMatchObject({ exitCode: exitCodes.usage, stdout: "" });
    expect(json(scripted.stderr)).toEqual({
      schemaVersion: 1,
      kind: "error",
      code: "wrong-usage",
      message: expect.stringMatching(text),
    });
  });

  it("says how to get help on the command that was typed", async () => {
    expect((await tutti(["wait"])).stderr).toContain("see: tutti wait --help");
    expect((await tutti(["wat"])).stderr).toContain("see: tutti --help");
  });
});

describe("without a deployment", () => {
  it.each([["status"], ["inspect", "x"], ["wait", "x"], ["result", "x"], ["submit", "-"], ["run", "-"]])(
    "%s says how to get one",
    async (...argv) => {
      const { exitCode, stdout, stderr } = await tutti(argv, { stdin: '{"task":"add"}' });
      expect({ exitCode, stdout }).toEqual({ exitCode: exitCodes.issue, stdout: "" });
      expect(stderr).toMatch(/^error: nothing says which deployment to talk to: start one here with tutti dev/);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
  );

  it("is an error with a code for scripts", async () => {
    const { stderr } = await tutti(["status", "--json"]);
    expect(json(stderr)).toMatchObject({ schemaVersion: 1, kind: "error", code: "invalid-configuration" });
  });

  it("shows where it comes from when TUTTI_DEBUG asks for it", async () => {
    const { stderr } = await tutti(["status"], { env: { TUTTI_DEBUG: "1" } });
    expect(stderr).toMatch(/ConfigurationError: .*\n\s+at /);
  });
});
