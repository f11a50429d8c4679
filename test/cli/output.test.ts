import { describe, expect, it } from "vitest";
import { durationText } from "../../cli/output/duration.ts";
import { cut, plainLine } from "../../cli/output/plain.ts";
import { barText, progressView } from "../../cli/output/progress.ts";
import { renderTable } from "../../cli/output/table.ts";
import type { Progress } from "../../lib/client/shapes.ts";
import { epochMs } from "../../lib/model/ids.ts";
import { fakeIo } from "./fake-io.ts";

function progress(given: Partial<Progress>): Progress {
  return { total: 10, succeeded: 0, failed: 0, timedOut: 0, revoked: 0, skipped: 0, running: 0, waiting: 0, ...given };
}

const plain = (_colour: string, text: string) => text;

describe("renderTable", () => {
  const columns = [
    { title: "ID", cell: (row: { id: string }) => row.id },
    { title: "COUNT", cell: () => "7", alignRight: true, importance: 1 },
    { title: "NOTE", cell: () => "some longer text", importance: 2 },
  ];
  const rows = [{ id: "a" }, { id: "long-id" }];

  it("lays out columns, numbers to the right", () => {
    expect(renderTable(columns, rows, { width: undefined })).toBe(
      ["ID       COUNT  NOTE", "a            7  some longer text", "long-id      7  some longer text", ""].join("\n"),
    );
  });

  it("leaves out columns that say nothing", () => {
    const empty = { title: "EMPTY", cell: () => "", importance: 1 };
    expect(renderTable([...columns, empty], rows, { width: undefined })).toBe(
      renderTable(columns, rows, { width: undefined }),
    );
  });

  it("sheds the least important columns until the rest fits", () => {
    expect(renderTable(columns, rows, { width: 20 })).toBe("ID       COUNT\na            7\nlong-id      7\n");
    expect(renderTable(columns, rows, { width: 10 })).toBe("ID\na\nlong-id\n");
    expect(renderTable(columns, rows, { width: 1 })).toBe("ID\na\nlong-id\n");
  });
});

describe("progress", () => {
  it("is a bar no wider than the terminal", () => {
    const half = progress({ succeeded: 4, failed: 1, running: 2, waiting: 3 });
    expect(barText(half, 80, plain)).toBe("███████████████░░░░░░░░░░░░░░░ 5/10 · 2 running · 1 not succeeded");
    for (const columns of [10, 30, 45, 80]) expect(barText(half, columns, plain).length).toBeLessThan(columns);
    expect(barText(progress({ total: 0 }), 80, plain)).toContain("0/0");
  });

  it("is at most one line a second in a pipe, and none after the end", () => {
    const io = fakeIo();
    let nowMs = 0;
    const view = progressView(io, { now: () => epochMs(nowMs) });
    for (nowMs = 0; nowMs < 2500; nowMs += 100) view.show(progress({ waiting: 10 }));
    view.end();
    view.show(progress({ waiting: 10 }));
    expect(io.stderr()).toBe("of 10 tasks 10 waiting\n".repeat(3));
    expect(io.stdout()).toBe("");
  });
});

it.each([
  [0, "0 ms"],
  [999, "999 ms"],
  [1000, "1 s"],
  [59_400, "59 s"],
  [60_000, "1 min"],
  [245_000, "4 min 5 s"],
  [12_000_000, "3 h 20 min"],
  [187_200_000, "2 d 4 h"],
  [-5, "0 ms"],
])("%i ms read as %s", (ms, text) => {
  expect(durationText(ms)).toBe(text);
});

describe("plainLine", () => {
  it("has nothing in it that drives a terminal", () => {
    expect(plainLine("a\u001b[31mb\r\nc\u009bd\n")).toBe("a [31mb c d");
    expect(cut("a\nbcdef", 4)).toBe("a b…");
    expect(cut("abcd", 4)).toBe("abcd");
  });
});
