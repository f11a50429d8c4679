/**
 * A real account, for `npm run e2e:aws`: what must hold before anything is done there, and what it has cost.
 */
import type { Variables } from "./environment.ts";

/** What was asked for on the command line. */
export interface AccountFlags {
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

export interface Account {
  readonly account: string;
  readonly region: string;
}

/** Thrown before anything is started. */
export class NoAccountError extends Error {
  override readonly name = "NoAccountError";
}

/**
 * The account that was named: never one that the environment happens to give.
 *
 * @throws {@link NoAccountError} without its number, without a region, or where an endpoint leads elsewhere.
 */
export function accountOf({ account, region }: AccountFlags, environment: NodeJS.ProcessEnv): Account {
  if (account === undefined || !/^\d{12}$/.test(account))
    throw new NoAccountError(
      `--account is ${account ?? "not given"}: this lane deploys to a real account, which costs money; name it by its 12 digits`,
    );
  if (region === undefined || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(region))
    throw new NoAccountError(`--region is ${region ?? "not given"}: name one, such as eu-west-1`);
  const endpoint = Object.keys(environment).find((name) => name.startsWith("AWS_ENDPOINT_URL"));
  if (endpoint !== undefined)
    throw new NoAccountError(
      `${endpoint} is set: it leads elsewhere than to an account; for an emulator there is e2e:deploy`,
    );
  return { account, region };
}

/**
 * Whether the credentials at hand are of that account, and whether the CDK has been there.
 *
 * @param toolkitArn - Id of the stack `CDKToolkit`, as CloudFormation tells it; undefined when there is none.
 * @throws {@link NoAccountError} otherwise.
 */
export function checkToolkit(toolkitArn: string | undefined, { account, region }: Account): void {
  if (toolkitArn === undefined)
    throw new NoAccountError(`there is no stack CDKToolkit in ${region}: npx cdk bootstrap aws://${account}/${region}`);
  const [, , , foundRegion, foundAccount] = toolkitArn.split(":");
  if (foundAccount !== account || foundRegion !== region)
    throw new NoAccountError(
      `the credentials are of account ${foundAccount} in ${foundRegion}, and --account says ${account} in ${region}`,
    );
}

/** The environment of what talks to the account: the user's own credentials, and the region that was named. */
export function accountEnvironment(environment: NodeJS.ProcessEnv, { region }: Account): Variables {
  const given = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    ...Object.fromEntries(given),
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    NODE_NO_WARNINGS: "1",
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    CI: "1",
  };
}

export interface Spent {
  /** What `tutti cost` says of each run, in US dollars. */
  readonly runs: readonly number[];
  /** What the stack costs a month while it is idle. */
  readonly idleUsdPerMonth: number;
  /** How long it was there. */
  readonly hours: number;
}

const hoursAMonth = 730;

/** What the round has cost, in US dollars, without what the CDK's own bucket keeps of it. */
export function costOf({ runs, idleUsdPerMonth, hours }: Spent): number {
  return runs.reduce((sum, usd) => sum + usd, 0) + (idleUsdPerMonth * hours) / hoursAMonth;
}
