/**
 * The environment of everything this lane starts: closed, with made-up credentials, and pointed at this machine.
 *
 * Without `AWS_ENDPOINT_URL` the CDK and the SDK talk to AWS, with whatever profile they find. So no process is started but
 * with an environment made here, and none is made without an endpoint on this machine.
 */
import { mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type Variables = Readonly<Record<string, string>>;

/** The only account and region of this lane. */
export const account = "000000000000";
export const region = "us-east-1";

/** Session of a role, as `AssumeRole` hands it out. */
export interface Credentials {
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly SessionToken: string;
}

/** The same environment, for somebody with these credentials. */
export const as = (env: Variables, { AccessKeyId, SecretAccessKey, SessionToken }: Credentials): Variables => ({
  ...env,
  AWS_ACCESS_KEY_ID: AccessKeyId,
  AWS_SECRET_ACCESS_KEY: SecretAccessKey,
  AWS_SESSION_TOKEN: SessionToken,
});

const localHosts = ["127.0.0.1", "localhost", "[::1]"];

/** Thrown before anything is started. */
export class NotLocalError extends Error {
  override readonly name = "NotLocalError";
}

/** @throws {@link NotLocalError} unless the URL is one of this machine. */
export function checkLocal(endpoint: string | undefined): string {
  const host = endpoint !== undefined && URL.canParse(endpoint) ? new URL(endpoint).hostname : undefined;
  if (endpoint !== undefined && host !== undefined && localHosts.includes(host)) return endpoint;
  throw new NotLocalError(
    `AWS_ENDPOINT_URL is ${endpoint ?? "not set"}: this lane deploys to an emulator on this machine alone, and never to an account`,
  );
}

/** Nothing of the user's: no profile, no configuration, no credentials, no cache. */
const home = join(tmpdir(), "tutti-e2e-home");

/** What a program needs that talks to no cloud. */
export function plainEnvironment(): Variables {
  const { PATH = "", TMPDIR } = process.env;
  mkdirSync(home, { recursive: true });
  return { PATH, HOME: home, LANG: "C.UTF-8", ...(TMPDIR === undefined ? {} : { TMPDIR }) };
}

/**
 * The environment of a program that talks to the emulator.
 *
 * @param certificate - File with the emulator's own certificate, where it speaks https.
 * @throws {@link NotLocalError} when the endpoint is none of this machine.
 */
export function localEnvironment(endpoint: string, certificate?: string): Variables {
  return {
    ...plainEnvironment(),
    AWS_ENDPOINT_URL: checkLocal(endpoint),
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    CDK_DISABLE_CLI_TELEMETRY: "true",
    CDK_DISABLE_VERSION_CHECK: "1",
    NODE_NO_WARNINGS: "1",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    CI: "1",
    ...(certificate === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate, AWS_CA_BUNDLE: certificate }),
  };
}
