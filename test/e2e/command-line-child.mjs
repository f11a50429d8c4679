// The commands of the CLI in one process that stays: argument lists come in by IPC, and what a command printed goes out.
import { main } from "../../dist/cli/program.js";

process.on("message", async ({ id, args }) => {
  const printed = { stdout: "", stderr: "" };
  const outputTo = (name) => ({
    write(text) {
      printed[name] += text;
    },
    isTTY: false,
    columns: undefined,
  });
  const code = await main(args, {
    out: outputTo("stdout"),
    err: outputTo("stderr"),
    readStdin: async () => "",
    env: process.env,
    cwd: process.cwd(),
    exitWith: () => undefined,
    onInterrupt: () => () => undefined,
  });
  process.send?.({ id, code, ...printed });
});
process.on("disconnect", () => process.exit());
