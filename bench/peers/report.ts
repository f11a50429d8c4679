/** What was measured, as Markdown tables. */
import type { KillFigure } from "./kills.ts";
import { othersAtMost, type SpeedFailure, type SpeedFigure } from "./speed.ts";

/** A system with one variant of its settings. */
export interface Measured<Figure> {
  readonly system: string;
  readonly variant: string;
  readonly figures: readonly Figure[];
}

/** Why a system, or a variant, is not in the tables. */
export interface Skipped {
  readonly system: string;
  readonly variant?: string;
  readonly why: string;
}

type Speed = SpeedFigure | SpeedFailure;

/** One table of milliseconds and one of tasks a second and CPU seconds. */
export function speedText(all: readonly Measured<Speed>[]): string {
  const names = [...new Set(all.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const rows = (cell: (figure: SpeedFigure) => string) =>
    all.map(({ system, variant, figures }) => [
      `${system}, ${variant}`,
      ...names.map((name) => {
        const figure = figures.find((one) => one.name === name);
        if (figure === undefined) return "–";
        return "failed" in figure ? figure.failed : `${cell(figure)}${isBusy(figure) ? " *" : ""}`;
      }),
    ]);
  const ms = rows((one) => `${number(one.ms)} (${number(one.leastMs)}–${number(one.mostMs)})`);
  const rates = rows((one) => `${number(one.tasksPerSecond)} · ${number(one.cpuSecondsPer1000)}`);
  const star = all.some(({ figures }) => figures.some((one) => !("failed" in one) && isBusy(one)))
    ? `\n* other programs had more than ${othersAtMost} of a core: on a busy machine, not to be quoted\n`
    : "";
  return [
    `Milliseconds, median (least–most)\n\n${table(["", ...names], ms)}`,
    `Tasks a second · CPU seconds of all processes per 1,000\n\n${table(["", ...names], rates)}${star}`,
  ].join("\n");
}

export const isBusy = ({ others }: SpeedFigure): boolean => others > othersAtMost;

/** A row for each variant; a figure for each seed. */
export function killsText(all: readonly Measured<KillFigure>[]): string {
  const columns: readonly (readonly [string, (one: KillFigure) => string])[] = [
    ["kills", (one) => String(one.kills)],
    ["never fired", (one) => String(one.never)],
    ["fired twice", (one) => String(one.firedTwiceOrMore)],
    ["ended by the error callback", (one) => String(one.gaveUp)],
    ["too few results", (one) => String(one.tooFewResults)],
    ["members begun twice or more", (one) => String(one.membersBegunTwiceOrMore)],
    ["members ended twice or more", (one) => String(one.membersEndedTwiceOrMore)],
    ["all done, s", (one) => one.allDoneSeconds?.toFixed(1) ?? "–"],
  ];
  const rows = all.map(({ system, variant, figures }) => [
    `${system}, ${variant}`,
    ...columns.map(([, cell]) => figures.map(cell).join(" ")),
  ]);
  return table(["", ...columns.map(([title]) => title)], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((row) => (row[at] ?? "").length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] as number)).join(" | ")} |\n`;
  return line(head) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

/** Three figures that count. */
function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 2);
}
