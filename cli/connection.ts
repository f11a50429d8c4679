/**
 * From the flags of a command to a client of the deployment they name: flags, `--stack` among them, else environment, else
 * `.tutti/dev.json`.
 */
import type { TuttiClient } from "../lib/client/client.ts";
import { type Connection, type ConnectOptions, connect, findConnection } from "../lib/connect.ts";
import { findStack } from "../lib/connect-stack.ts";
import type { CliIo } from "./io.ts";
import { type ConnectionFlags, connectOptionsOf } from "./options.ts";

/** Makes the client. Nothing is sent to the deployment before it is used. */
export async function openClient(
  io: CliIo,
  flags: ConnectionFlags,
  more: Pick<ConnectOptions, "tasks"> = {},
): Promise<TuttiClient> {
  if (io.openClient) return io.openClient({ ...connectOptionsOf(flags), ...more });
  return connect(await findDeployment(io, flags, more));
}

/**
 * Finds the deployment. A stack is asked for its outputs.
 *
 * @throws UsageError when a stack is named and a table or queue too.
 */
export async function findDeployment(
  io: CliIo,
  flags: ConnectionFlags,
  more: Pick<ConnectOptions, "tasks"> = {},
): Promise<Connection> {
  const options = { ...connectOptionsOf(flags), ...more };
  const around = { environment: io.env, cwd: io.cwd };
  return flags.stack === undefined ? findConnection(options, around) : findStack(flags.stack, options, around);
}
