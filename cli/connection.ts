/**
 * From the flags of a command to a client of the deployment they name: flags, else environment, else `.tutti/dev.json`.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import { type ConnectOptions, connect, findConnection } from "../lib/connect.ts";
import type { CliIo } from "./io.ts";
import { type ConnectionFlags, connectOptionsOf } from "./options.ts";

/** Makes the client. Nothing is sent before it is used. */
export async function openClient(
  io: CliIo,
  flags: ConnectionFlags,
  more: Pick<ConnectOptions, "tasks"> = {},
): Promise<TuttiClient> {
  const options = { ...connectOptionsOf(flags), ...more };
  if (io.openClient) return io.openClient(options);
  return connect(findConnection(options, { environment: io.env, cwd: io.cwd }));
}
