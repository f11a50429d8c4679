/** The charts show what was measured, and nothing that was measured beside other programs. */
import { expect, it } from "vitest";
import { chartSvg } from "../../../bench/plots/chart.ts";
import { chartsOf } from "../../../bench/plots/charts.ts";

const machine = { date: "2026-11-21", cores: 2, node: "v20.20.2", commit: "abc1234" };
const figure = (tasks: number, others: number) => ({
  name: `chord of ${tasks}`,
  tasks,
  tasksPerSecond: tasks * 10,
  cpuSecondsPer1000: 1,
  others,
});
const peers = {
  kind: "speed",
  machine,
  measured: [
    {
      system: "tutti",
      variant: "engine in memory, 1 worker",
      figures: [figure(100, 0.1), figure(10, 0), figure(1000, 0.3)],
    },
    {
      system: "celery",
      variant: "prefork 2",
      figures: [{ name: "chain of 20", tasks: 20, tasksPerSecond: 5, others: 0 }],
    },
  ],
};
const scale = {
  kind: "scale",
  machine,
  scales: [
    { chords: 1, members: 100, writeUnits: 0.3, readUnits: 0, sqsRequests: 0, runWriteUnits: 10, runSqsRequests: 0 },
    { chords: 1000, members: 10, writeUnits: 1, readUnits: 0, sqsRequests: 1, runWriteUnits: 1, runSqsRequests: 1 },
  ],
};

it("leaves out what was measured on a busy machine, and what is no chord that runs alone", () => {
  const chart = chartsOf([{ file: "a", data: peers }]).get("throughput");
  expect(chart?.lines).toEqual([
    {
      name: "tutti, engine in memory",
      ours: true,
      points: [
        [10, 100],
        [100, 1000],
      ],
    },
  ]);
});

it("adds what a run costs to what its members do", () => {
  const line = chartsOf([{ file: "a", data: scale }]).get("cost")?.lines[0];
  expect(line?.points).toEqual([[100, 0.4 * 0.625]]);
});

it("takes the newest of each kind", () => {
  const older = { ...scale, machine: { ...machine, commit: "older" } };
  const charts = chartsOf([
    { file: "1", data: older },
    { file: "2", data: scale },
    { file: "3", data: { anything: "else" } },
  ]);
  expect(charts.get("cost")?.subtitle).toContain("abc1234");
});

it("draws a line for each, keeps labels apart, and has colours for dark pages", () => {
  const line = (name: string, y: number) => ({ name, ours: false, points: [[1, y] as const, [10, y] as const] });
  const svg = chartSvg({
    title: "a < b",
    subtitle: "",
    xTitle: "x",
    yTitle: "y",
    lines: [line("one", 100), line("two", 101), line("three", 102)],
  });
  const places = [...svg.matchAll(/<text x="642" y="([\d.]+)"/g)].map(([, y]) => Number(y)).sort((a, b) => a - b);
  expect(places).toHaveLength(3);
  expect((places[1] as number) - (places[0] as number)).toBeGreaterThanOrEqual(16);
  expect(svg).toContain("prefers-color-scheme: dark");
  expect(svg).toContain("a &#60; b");
});
