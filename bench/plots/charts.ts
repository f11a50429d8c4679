/** The charts, from what was measured: the newest file of each kind in bench/results. */
import { z } from "zod";
import { usEast1Prices } from "../../lib/model/prices.ts";
import type { Chart, Line } from "./chart.ts";

const machineSchema = z.object({ date: z.string(), cores: z.number(), node: z.string(), commit: z.string() });
const figureSchema = z.object({
  name: z.string(),
  tasks: z.number(),
  tasksPerSecond: z.number().optional(),
  cpuSecondsPer1000: z.number().optional(),
  others: z.number().optional(),
});
type Figure = z.infer<typeof figureSchema>;

const alone = z.object({ table: z.string(), machine: machineSchema, figures: z.array(figureSchema) });
const peers = z.object({
  kind: z.literal("speed"),
  machine: machineSchema,
  measured: z.array(z.object({ system: z.string(), variant: z.string(), figures: z.array(figureSchema) })),
});
const scale = z.object({
  kind: z.literal("scale"),
  machine: machineSchema,
  scales: z.array(
    z.object({
      chords: z.number(),
      members: z.number(),
      writeUnits: z.number(),
      readUnits: z.number(),
      sqsRequests: z.number(),
      runWriteUnits: z.number(),
      runSqsRequests: z.number(),
    }),
  ),
});

/** A parsed file of bench/results, named so that a later one comes later. */
export interface Result {
  readonly file: string;
  readonly data: unknown;
}

/** Of a core, as in bench/peers/speed.ts: what was measured beside more is left out. */
const othersAtMost = 0.25;

/** Those for which there is something to show, by file name. */
export function chartsOf(results: readonly Result[]): ReadonlyMap<string, Chart> {
  const newest = <T>(schema: z.ZodType<T>, wanted: (data: T) => boolean = () => true): T | undefined =>
    results
      .toReversed()
      .map(({ data }) => schema.safeParse(data))
      .find((parsed) => parsed.success && wanted(parsed.data))?.data;
  const side = newest(peers);
  const ours = (["process", "memory", "disk"] as const).flatMap(
    (table) => newest(alone, (one) => one.table === table) ?? [],
  );
  const charts = new Map<string, Chart>();
  for (const { file, title, yTitle, of } of speeds) {
    const lines =
      side === undefined ? ours.map((one) => aloneLine(one, of)) : side.measured.map((one) => peerLine(one, of));
    const machine = side?.machine ?? ours[0]?.machine;
    const shown = lines.filter(({ points }) => points.length > 0);
    if (shown.length > 0 && machine)
      charts.set(file, {
        title,
        subtitle: machineText(machine),
        xTitle: "members of one chord, which do nothing",
        yTitle,
        lines: shown,
      });
  }
  const counted = newest(scale);
  if (counted !== undefined) charts.set("cost", costChart(counted));
  return charts;
}

const speeds = [
  {
    file: "throughput",
    title: "Members a second, from the submit to the callback, on one machine",
    yTitle: "members a second",
    of: (figure: Figure) => figure.tasksPerSecond,
  },
  {
    file: "cpu",
    title: "CPU seconds of all processes per 1,000 members, on one machine",
    yTitle: "CPU seconds per 1,000",
    of: (figure: Figure) => figure.cpuSecondsPer1000,
  },
] as const;

const tableNames: Readonly<Record<string, string>> = {
  process: "tutti, one process",
  memory: "tutti, engine in memory",
  disk: "tutti, engine on disk",
};

const aloneLine = ({ table, figures }: z.infer<typeof alone>, of: (figure: Figure) => number | undefined): Line => ({
  name: tableNames[table] ?? table,
  ours: true,
  points: pointsOf(figures, of),
});

const peerLine = (
  { system, variant, figures }: z.infer<typeof peers>["measured"][number],
  of: (figure: Figure) => number | undefined,
): Line => ({
  name:
    system === "tutti"
      ? `tutti, ${variant.replace(", 1 worker", "").replace(", 64 members a message", ", 64s")}`
      : `${system}, ${short(variant)}`,
  ours: system === "tutti",
  points: pointsOf(
    figures.filter(({ others = 0 }) => others <= othersAtMost),
    of,
  ),
});

const short = (text: string) => (text.length <= 28 ? text : `${text.slice(0, 27)}…`);

/** Chords that run alone, by size; a figure of 0 has no place on a logarithmic axis. */
function pointsOf(figures: readonly Figure[], of: (figure: Figure) => number | undefined): Line["points"] {
  return figures
    .filter(({ name, tasks }) => name === `chord of ${tasks}`)
    .flatMap((figure): (readonly [number, number])[] => {
      const value = of(figure);
      return value === undefined || value <= 0 ? [] : [[figure.tasks, value]];
    })
    .sort(([a], [b]) => a - b);
}

/**
 * List prices of others, of one step a member: they do not change with the size.
 *
 * @see https://aws.amazon.com/step-functions/pricing/
 * @see https://aws.amazon.com/lambda/pricing/ (durable operations)
 */
const others = [
  { name: "Step Functions Standard", usdPerMillion: 25 },
  { name: "Lambda durable functions", usdPerMillion: 8 },
] as const;

function costChart({ machine, scales }: z.infer<typeof scale>): Chart {
  const price = usEast1Prices.perMillion;
  const points = scales
    .filter(({ chords }) => chords === 1)
    .map((one): readonly [number, number] => {
      const writes = one.writeUnits + one.runWriteUnits / one.members;
      const requests = one.sqsRequests + one.runSqsRequests / one.members;
      return [one.members, writes * price.writeUnits + one.readUnits * price.readUnits + requests * price.sqsRequests];
    });
  const sizes = points.map(([members]) => members);
  return {
    title: "Dollars for a million members at list prices: writes, reads and messages, or steps",
    subtitle: `us-east-1, Lambda's own time apart; counted at commit ${machine.commit}, ${machine.date}`,
    xTitle: "members of one chord",
    yTitle: "dollars a million",
    lines: [
      { name: "tutti, ten tasks a message", ours: true, points },
      ...others.map(({ name, usdPerMillion }) => ({
        name,
        ours: false,
        points: sizes.map((members) => [members, usdPerMillion] as const),
      })),
    ],
  };
}

const machineText = ({ date, cores, node, commit }: z.infer<typeof machineSchema>) =>
  `${date}, ${cores} cores, Node ${node.replace("v", "")}, commit ${commit}`;
