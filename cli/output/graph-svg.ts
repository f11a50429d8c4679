/**
 * The picture of a run as SVG, drawn by Graphviz as WebAssembly. That package is an optional one: who only submits and follows
 * does not install it.
 */
import { ConfigurationError } from "../../lib/client/errors.ts";

/** Colours of the page, in light and dark; states have the middle tones that are legible on both. */
const style = `<style>
  svg { color-scheme: light dark; --text: #1f2328; --line: #6e7781; }
  @media (prefers-color-scheme: dark) { svg { --text: #e6edf3; --line: #8b949e; } }
  text { fill: var(--text); }
  .edge path, .frame path, .frame polygon { stroke: var(--line); }
  .edge polygon { fill: var(--line); stroke: var(--line); }
  .WAITING path, .WAITING polygon, .SKIPPED path, .SKIPPED polygon { stroke-dasharray: 4 3; }
</style>
`;

/** @throws ConfigurationError when the package is not installed. */
export async function svgText(dot: string): Promise<string> {
  const graphviz = await load();
  const svg = graphviz.dot(dot, "svg");
  // The names of nodes say nothing to readers: a title would be shown as a tooltip.
  return svg.replace(/<title>[^<]*<\/title>\n?/g, "").replace(/(<svg[^>]*>\n?)/, `$1${style}`);
}

async function load(): Promise<{ dot(source: string, format: "svg"): string }> {
  try {
    const { Graphviz } = await import("@hpcc-js/wasm-graphviz");
    return await Graphviz.load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ConfigurationError(
      "SVG takes the package @hpcc-js/wasm-graphviz, which is not installed: npm install @hpcc-js/wasm-graphviz, or use --format dot",
      { cause },
    );
  }
}
