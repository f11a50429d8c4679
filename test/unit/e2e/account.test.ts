import { describe, expect, it } from "vitest";
import { accountEnvironment, accountOf, checkToolkit, costOf, NoAccountError } from "../../e2e/account.ts";

const account = "111122223333";
const region = "eu-west-1";
const toolkit = `arn:aws:cloudformation:${region}:${account}:stack/CDKToolkit/5f0c`;

describe("a real account is refused", () => {
  it.each([undefined, "", "1111", "prod", "1111222233334"])("when --account is %s", (named) => {
    expect(() => accountOf({ account: named, region }, {})).toThrow(NoAccountError);
  });

  it.each([undefined, "", "europe", "eu-west-1a"])("when --region is %s, whatever the environment says", (named) => {
    expect(() => accountOf({ account, region: named }, { AWS_REGION: region })).toThrow(NoAccountError);
  });

  it.each(["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS"])("when %s leads elsewhere", (name) => {
    expect(() => accountOf({ account, region }, { [name]: "http://127.0.0.1:4566" })).toThrow(NoAccountError);
  });

  it("when the CDK has not been there", () => {
    expect(() => checkToolkit(undefined, { account, region })).toThrow(
      "npx cdk bootstrap aws://111122223333/eu-west-1",
    );
  });

  it("when the credentials are of another account, or the stack of another region", () => {
    expect(() => checkToolkit(toolkit, { account: "444455556666", region })).toThrow(/are of account 111122223333/);
    expect(() => checkToolkit(toolkit, { account, region: "us-east-1" })).toThrow(NoAccountError);
  });
});

it("takes the account that was named, with the user's credentials and the region that was named", () => {
  const chosen = accountOf({ account, region }, { AWS_PROFILE: "test", AWS_REGION: "us-east-1" });
  expect(chosen).toEqual({ account, region });
  expect(() => checkToolkit(toolkit, chosen)).not.toThrow();
  expect(accountEnvironment({ AWS_PROFILE: "test", AWS_REGION: "us-east-1" }, chosen)).toMatchObject({
    AWS_PROFILE: "test",
    AWS_REGION: region,
  });
});

it("adds up what the runs have cost and the stack's share of a month", () => {
  expect(costOf({ runs: [0.25, 0.5], idleUsdPerMonth: 7.3, hours: 10 })).toBeCloseTo(0.85, 10);
  expect(costOf({ runs: [], idleUsdPerMonth: 7.3, hours: 0 })).toBe(0);
});
