import { expect, it } from "vitest";
import { createProgram } from "../../cli/program.ts";
import { localCommands, uses } from "../e2e/commands.ts";
import { fakeIo } from "./fake-io.ts";

it("gives the deployed stack every command there is, but for those that need none", async () => {
  const named = (await createProgram(fakeIo())).commands.map((command) => command.name());
  expect([...Object.keys(uses), ...localCommands].sort()).toEqual(named.sort());
});
