/**
 * Every call of a port, read from the source: what is asked for, under which name, in which file.
 *
 * A call names its site by a literal: its last argument, or the second one of a write of a run, which the steps follow that it
 * records. A function that takes the name from its caller is a forwarder; its
 * calls count as those of the port.
 */
import { readdirSync } from "node:fs";
import type { Queue, Store } from "../../../lib/ports/index.ts";
import { read, root } from "./tables.ts";

export type Method = keyof Store | keyof Queue;

export interface PortCall {
  readonly method: Method;
  readonly site: string;
  /** Path below `lib`, or below the checkout elsewhere. */
  readonly file: string;
}

/** What stands between the callers and the ports. */
export const forwarders: Readonly<Record<string, Method>> = {
  sendAll: "send",
  sendNodes: "send",
  sendMap: "send",
  writeParts: "write",
};

/** Implementations and contracts of the ports call nothing by name, and the test engine is no part of the driver. */
const noCallers = /^lib\/(?:adapters|ports|testing)\//;
const calling = new RegExp(
  `\\b(?:store\\.(get|getMany|query|write|remove|due|list)|run\\.(write)|queue\\.(send)|(?<!function )(${Object.keys(forwarders).join("|")}))\\(`,
  "g",
);

/** The programs: what calls the ports when they run. */
export function sourceFiles(): string[] {
  return ["lib", "lambdas", "local", "cli"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .map((file) => `${folder}/${file.replaceAll("\\", "/")}`)
      .filter((file) => file.endsWith(".ts") && !noCallers.test(file)),
  );
}

/** @throws Error for a call whose site is neither a literal nor handed on. */
export function callsIn(file: string, text: string): PortCall[] {
  const calls: PortCall[] = [];
  for (const found of text.matchAll(calling)) {
    const [opening, ofStore, ofRun, ofQueue, forwarder = ""] = found;
    const method = (ofStore ?? ofRun ?? ofQueue ?? forwarders[forwarder]) as Method;
    const given = argumentsAt(text, found.index + opening.length);
    const name = (ofRun === undefined ? given.at(-1) : given[1]) ?? "";
    if (name === "site") continue;
    const site = /^"([^"]*)"$/.exec(name)?.[1];
    if (site === undefined)
      throw new Error(`${file}: a call of ${opening.slice(0, -1)} must name its site, not ${name}`);
    calls.push({ method, site, file: file.replace(/^lib\//, "") });
  }
  return calls;
}

/** The texts of the arguments of a call that is open at that place. */
function argumentsAt(text: string, from: number): readonly string[] {
  let depth = 0;
  let quote: string | undefined;
  let argument = "";
  const given: string[] = [];
  for (let at = from; at < text.length; at++) {
    const letter = text[at] as string;
    if (quote !== undefined) {
      if (letter === quote && text[at - 1] !== "\\") quote = undefined;
    } else if (/["'`]/.test(letter)) quote = letter;
    else if (/[([{]/.test(letter)) depth++;
    else if (/[)\]}]/.test(letter) && depth-- === 0) break;
    else if (letter === "," && depth === 0) {
      given.push(argument.trim());
      argument = "";
      continue;
    }
    argument += letter;
  }
  return [...given, argument.trim()].filter((one) => one !== "");
}

/** Names of the functions that take a site from their caller. */
export function takingSites(text: string): string[] {
  return [...text.matchAll(/(\w+)\((?:[^()]|\([^()]*\))*\bsite: string/g)].map(([, name]) => name as string);
}

export function allCalls(): PortCall[] {
  return sourceFiles().flatMap((file) => callsIn(file, read(file)));
}
