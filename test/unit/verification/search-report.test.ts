import { describe, expect, it } from "vitest";
import { readReport } from "../../../verification/spin/search-report.ts";

/** As `pan` prints it. */
const reportOf = (errors: number, lines: readonly string[] = []) =>
  [
    ...lines,
    "State-vector 216 byte, depth reached 153, errors: ".concat(String(errors)),
    "  6230654 states, stored",
    "  412.345\ttotal actual memory usage",
    "pan: elapsed time 7.46 seconds",
  ].join("\n");

describe("a checker's report", () => {
  it("holds when the search is complete and without errors", () => {
    expect(readReport(reportOf(0))).toEqual({
      verdict: "holds",
      states: 6_230_654,
      seconds: 7.46,
      mib: 412,
      depth: 153,
    });
  });

  it("is rejected by a state without successor, a cycle or an assertion, and says by which", () => {
    const howOf = (line: string) => readReport(reportOf(1, [line])).how;
    expect(readReport(reportOf(1, ["pan:1: invalid end state (at depth 12)"])).verdict).toBe("rejected");
    expect(howOf("pan:1: invalid end state (at depth 12)")).toBe("stuck");
    expect(howOf("pan:1: acceptance cycle (at depth 40)")).toBe("goes round for ever");
    expect(howOf("pan:1: assertion violated (decided==1) (at depth 7)")).toBe("not (decided==1)");
    expect(howOf(`pan:1: assertion violated ${"x".repeat(200)} (at depth 7)`)).toBe(`not ${"x".repeat(80)} …`);
  });

  it("is cut, without a verdict, when a limit came first or nothing was said", () => {
    const cut = ["Warning: Search not completed", "pan: out of memory", "error: max search depth too small"];
    for (const line of cut) expect(readReport(reportOf(0, [line])).verdict).toBe("cut");
    expect(readReport("").verdict).toBe("cut");
  });
});
