/** A chart of lines on logarithmic axes, as SVG that reads well on light and dark pages. */

export interface Line {
  readonly name: string;
  /** Ours: thick, and in front. */
  readonly ours: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly subtitle: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly lines: readonly Line[];
}

const width = 900;
const height = 480;
const box = { left: 70, right: 610, top: 96, bottom: 420 } as const;
/** Hues that differ for most eyes too, each light enough on dark and dark enough on light (Okabe and Ito, evened). */
const hues = [
  "#2f7ed8",
  "#d1711f",
  "#2a9d6f",
  "#b3589a",
  "#8a7a1c",
  "#c94f4f",
  "#5b6fb8",
  "#6e8894",
  "#9a6b3f",
  "#4d9db3",
];
const labelPx = 16;

const style = `
text { font: 13px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; fill: #24292f }
.title { font-size: 16px; font-weight: 600 }
.faint { fill: #57606a }
.page { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .faint { fill: #9da7b3 }
  .page { fill: #0d1117 }
  .grid { stroke: #30363d }
}`;

export function chartSvg({ title, subtitle, xTitle, yTitle, lines }: Chart): string {
  const drawn = lines.filter(({ points }) => points.length > 0);
  const x = axis(
    drawn.flatMap(({ points }) => points.map(([value]) => value)),
    box.left,
    box.right,
  );
  const y = axis(
    drawn.flatMap(({ points }) => points.map(([, value]) => value)),
    box.bottom,
    box.top,
  );
  const labels = apart(drawn.map(({ points }) => y.at((points.at(-1) as readonly [number, number])[1])));
  const parts = [
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="20" y="28">${escaped(title)}</text>`,
    `<text class="faint" x="20" y="48">${escaped(subtitle)}</text>`,
    ...x.ticks.map((tick) => grid(x.at(tick), box.top, x.at(tick), box.bottom)),
    ...y.ticks.map((tick) => grid(box.left, y.at(tick), box.right, y.at(tick))),
    ...x.ticks.map(
      (tick) =>
        `<text class="faint" x="${px(x.at(tick))}" y="${box.bottom + 20}" text-anchor="middle">${number(tick)}</text>`,
    ),
    ...y.ticks.map(
      (tick) =>
        `<text class="faint" x="${box.left - 8}" y="${px(y.at(tick) + 4)}" text-anchor="end">${number(tick)}</text>`,
    ),
    `<text x="${(box.left + box.right) / 2}" y="${height - 18}" text-anchor="middle">${escaped(xTitle)}</text>`,
    `<text x="20" y="${box.top - 18}">${escaped(yTitle)}</text>`,
    // Ours last, so that it lies in front.
    ...drawn
      .map((line, at) => ({ line, at }))
      .sort((a, b) => Number(a.line.ours) - Number(b.line.ours))
      .map(({ line, at }) => lineSvg(line, at, labels[at] as number, x.at, y.at)),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">\n<style>${style}\n</style>\n${parts.join("\n")}\n</svg>\n`;
}

function lineSvg({ name, ours, points }: Line, at: number, labelY: number, x: Scale, y: Scale): string {
  const hue = hues[at % hues.length] as string;
  const dash = ours ? "" : ` stroke-dasharray="${["6 4", "2 3", "10 4", "8 3 2 3"][at % 4]}"`;
  const path = points.map(([a, b], index) => `${index === 0 ? "M" : "L"}${px(x(a))} ${px(y(b))}`).join(" ");
  const [lastX, lastY] = points.at(-1) as readonly [number, number];
  return [
    `<path d="${path}" fill="none" stroke="${hue}" stroke-width="${ours ? 3.5 : 2}"${dash}/>`,
    ...points.map(([a, b]) => `<circle cx="${px(x(a))}" cy="${px(y(b))}" r="${ours ? 4 : 3}" fill="${hue}"/>`),
    `<path d="M${px(x(lastX) + 6)} ${px(y(lastY))} L${box.right + 14} ${px(labelY)}" fill="none" stroke="${hue}" stroke-width="1"/>`,
    `<rect x="${box.right + 16}" y="${px(labelY - 5)}" width="10" height="10" fill="${hue}"/>`,
    `<text x="${box.right + 32}" y="${px(labelY + 4)}"${ours ? ' font-weight="600"' : ""}>${escaped(name)}</text>`,
  ].join("\n");
}

type Scale = (value: number) => number;

/** Powers of ten around the values. */
function axis(
  values: readonly number[],
  from: number,
  to: number,
): { readonly at: Scale; readonly ticks: readonly number[] } {
  const low = Math.floor(Math.log10(Math.min(...values)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))));
  const at = (value: number) => from + ((Math.log10(value) - low) / (high - low)) * (to - from);
  return { at, ticks: Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index)) };
}

/** The same places, moved down and then up until no two labels are closer than a line of text. */
function apart(places: readonly number[]): readonly number[] {
  const order = places.map((_, at) => at).sort((a, b) => (places[a] as number) - (places[b] as number));
  const moved = [...places];
  let least = box.top;
  for (const at of order) {
    moved[at] = Math.max(least, moved[at] as number);
    least = (moved[at] as number) + labelPx;
  }
  let most = box.bottom;
  for (const at of order.reverse()) {
    moved[at] = Math.min(most, moved[at] as number);
    most = (moved[at] as number) - labelPx;
  }
  return moved;
}

const grid = (x1: number, y1: number, x2: number, y2: number) =>
  `<line class="grid" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`;
const px = (value: number) => Number(value.toFixed(1));
const number = (value: number) => (value >= 1 ? value.toLocaleString("en") : String(Number(value.toPrecision(1))));
const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.codePointAt(0)};`);
