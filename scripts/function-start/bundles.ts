/**
 * The functions of a synthesised stack: where each bundle is, and the environment it is given.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Bundle {
  readonly name: string;
  readonly folder: string;
  readonly variables: Readonly<Record<string, string>>;
}

interface Resource {
  readonly Type: string;
  readonly Properties: {
    readonly Code: { readonly S3Key: string };
    readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  };
}

/** In the order of their names. */
export function bundlesIn(outdir: string, stack: string): readonly Bundle[] {
  const { Resources } = JSON.parse(readFileSync(join(outdir, `${stack}.template.json`), "utf8")) as {
    Resources: Readonly<Record<string, Resource>>;
  };
  return Object.entries(Resources)
    .filter(([, { Type }]) => Type === "AWS::Lambda::Function")
    .map(([id, { Properties }]) => ({
      name: id.replace(/^TuttiFunctions/, "").replace(/[0-9A-F]{8}$/, ""),
      folder: join(outdir, `asset.${Properties.Code.S3Key.replace(/\.zip$/, "")}`),
      variables: Object.fromEntries(
        Object.entries(Properties.Environment.Variables).map(([name, value]) => [
          name,
          name === "TUTTI_TABLE" ? "table" : deployed(value),
        ]),
      ),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const madeUpUrl = "https://sqs.eu-west-1.amazonaws.com/123456789012/queue";

/** A value as it might be after a deploy. */
function deployed(value: unknown): string {
  if (typeof value === "string") return value;
  const { "Fn::Join": join } = value as { "Fn::Join"?: readonly [string, readonly unknown[]] };
  return join === undefined ? madeUpUrl : join[1].map(deployed).join(join[0]);
}
