/**
 * The progress of one run on stderr: a bar that is redrawn in place on a lively terminal, else plain lines, at most one a
 * second.
 */
import { progressText } from "../../lib/client/errors.ts";
import type { Progress } from "../../lib/client/shapes.ts";
import type { Clock } from "../../lib/ports/system.ts";
import type { CliIo } from "../io.ts";
import { isLively, type Paint, paintFor } from "./colour.ts";

export interface ProgressView {
  show(progress: Progress): void;
  /** Takes the bar away. Nothing is shown afterwards. */
  end(): void;
}

const lineEveryMs = 1000;
const barWidth = 30;
const fallbackColumns = 80;
/** Start of line; erase to its end (ECMA-48, EL). */
const restart = "\r\u001b[K";

/** Shows progress where it belongs; with `--json` just the same, since stdout is not touched. */
export function progressView(io: CliIo, clock: Pick<Clock, "now">): ProgressView {
  return isLively(io, io.err) ? bar(io) : lines(io, clock);
}

function bar(io: CliIo): ProgressView {
  const paint = paintFor(io, io.err);
  let drawn = false;
  let ended = false;
  return {
    show(progress) {
      if (ended) return;
      drawn = true;
      io.err.write(restart + barText(progress, io.err.columns ?? fallbackColumns, paint));
    },
    end() {
      ended = true;
      if (drawn) io.err.write(restart);
      drawn = false;
    },
  };
}

function lines(io: CliIo, clock: Pick<Clock, "now">): ProgressView {
  let notBeforeMs = 0;
  let ended = false;
  return {
    show(progress) {
      const nowMs = clock.now();
      if (ended || nowMs < notBeforeMs) return;
      notBeforeMs = nowMs + lineEveryMs;
      io.err.write(`${progressText(progress)}\n`);
    },
    end() {
      ended = true;
    },
  };
}

/** One line, shorter than the terminal is wide: a longer one would not be redrawn in place. */
export function barText(progress: Progress, columns: number, paint: Paint): string {
  const { total, succeeded, running } = progress;
  const settled = total - running - progress.waiting;
  const bad = settled - succeeded - progress.skipped;
  const words = [
    `${settled}/${total}`,
    ...(running > 0 ? [`${running} running`] : []),
    ...(bad > 0 ? [`${bad} not succeeded`] : []),
  ];
  const text = words.join(" · ");
  const width = Math.min(barWidth, columns - text.length - 2);
  if (width < 5) return text.slice(0, Math.max(0, columns - 1));
  const full = total === 0 ? width : Math.floor((settled / total) * width);
  return `${paint(bad > 0 ? "yellow" : "green", "█".repeat(full))}${paint("grey", "░".repeat(width - full))} ${text}`;
}
