/**
 * What was done, how long it took, and how it ended.
 */
interface Line {
  readonly round: string;
  readonly what: string;
  readonly seconds: number;
  readonly result: string;
}

export class Report {
  private readonly lines: Line[] = [];
  private readonly notes: string[] = [];
  private readonly started = performance.now();

  /** Does something, and keeps how long it took. What it returns is shown beside it. */
  async timed(round: string, what: string, work: () => Promise<unknown>): Promise<void> {
    const started = performance.now();
    const tell = (result: string) => {
      const line = { round, what, seconds: (performance.now() - started) / 1000, result };
      this.lines.push(line);
      console.log(textOf(line));
    };
    try {
      const told = await work();
      tell(`ok${typeof told === "string" && told !== "" ? `: ${told}` : ""}`);
    } catch (error) {
      tell("FAILED");
      console.error(error instanceof Error ? error.message : error);
      throw error;
    }
  }

  note(text: string): void {
    this.notes.push(text);
  }

  print(): void {
    const seconds = (performance.now() - this.started) / 1000;
    const failed = this.lines.filter(({ result }) => result === "FAILED").length;
    console.log(`\n${"─".repeat(100)}`);
    for (const line of this.lines) console.log(textOf(line));
    for (const note of this.notes) console.log(note);
    console.log(`${this.lines.length} steps in ${seconds.toFixed(0)} s, ${failed} failed`);
  }
}

const textOf = ({ round, what, seconds, result }: Line) =>
  `${round.padEnd(6)} ${what.padEnd(52)} ${seconds.toFixed(1).padStart(7)} s  ${result}`;
