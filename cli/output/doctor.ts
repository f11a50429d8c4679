/**
 * What a doctor has found, for people: a line each, then what a working configuration has instead.
 */
import type { DoctorFinding, DoctorReport } from "../../lib/model/doctor-report.ts";
import type { CliIo } from "../io.ts";
import { type Colour, type Paint, paintFor } from "./colour.ts";
import { plainLine } from "./plain.ts";
import { wrapped } from "./width.ts";

const marks: Readonly<Record<DoctorFinding["state"], readonly [mark: string, colour: Colour]>> = {
  ok: ["✓", "green"],
  wrong: ["✗", "red"],
  unknown: ["–", "grey"],
  advice: ["!", "yellow"],
};

/** Writes the findings, the comparison and a summary to stdout. */
export function writeDoctor(io: CliIo, { findings, workingConfiguration }: DoctorReport): void {
  const width = io.out.columns;
  const paint = paintFor(io, io.out);
  const lines = findings.flatMap((finding) => findingLines(finding, width, paint));
  if (workingConfiguration.length > 0) lines.push("", "A working configuration, beside this one:");
  for (const { setting, found, expected } of workingConfiguration)
    lines.push(
      `  ${plainLine(setting)}`,
      ...indented(`here     ${found}`, width, "    "),
      ...indented(`working  ${expected}`, width, "    "),
    );
  const count = (state: DoctorFinding["state"]) => findings.filter((finding) => finding.state === state).length;
  lines.push(
    "",
    `${count("ok")} ok, ${count("wrong")} wrong, ${count("advice")} advice, ${count("unknown")} could not be asked`,
  );
  io.out.write(`${lines.join("\n")}\n`);
}

function findingLines({ state, about, found, fix }: DoctorFinding, width: number | undefined, paint: Paint): string[] {
  const [mark, colour] = marks[state];
  const [first = "", ...rest] = indented(`${about}: ${found}`, width, "  ");
  const told = [`${paint(colour, mark)}${first.slice(1)}`, ...rest];
  return fix === null ? told : [...told, ...indented(`to do: ${fix}`, width, "    ")];
}

function indented(text: string, width: number | undefined, indent: string): string[] {
  const inner = width === undefined ? undefined : width - indent.length;
  return wrapped(plainLine(text), inner).map((line) => `${indent}${line}`);
}
