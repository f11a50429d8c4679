import { describe, expect, it } from "vitest";
import { sideBySide } from "../../../lib/coordinator/side-by-side.ts";
import type { Finding, Repair } from "../../../lib/protocol/findings.ts";

const absent = { state: "absent" } as const;
const resend = (node: string): Repair => ({ do: "resend", node, seen: absent });
const of = (repairs: readonly Repair[]) =>
  repairs.map((repair) => ({ kind: "unseen", repair })) as unknown as Finding[];
const sizes = (repairs: readonly Repair[]) => sideBySide(of(repairs)).map(({ length }) => length);

describe("repairs of a run", () => {
  it("go sixteen together where each is one message", () => {
    expect(sizes(Array.from({ length: 40 }, (_, at) => resend(`[${at}]`)))).toEqual([16, 16, 8]);
  });

  it("go one by one where they drive on, and in their order", () => {
    const repairs: Repair[] = [
      { do: "reopen" },
      resend("a"),
      { do: "resend-range", range: { list: "start", range: 0 }, seen: absent },
      { do: "drive-node", node: "b" },
      { do: "run-deadline" },
      resend("c"),
    ];
    expect(sizes(repairs)).toEqual([1, 2, 1, 1, 1]);
    expect(sideBySide(of(repairs)).flat()).toEqual(of(repairs));
  });

  it("are none where nothing is found", () => expect(sideBySide([])).toEqual([]));
});
