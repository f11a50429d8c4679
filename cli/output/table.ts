/**
 * Tables of text. On a narrow terminal the least important columns go first; in a pipe everything is shown.
 */

import { displayWidth, padded } from "./width.ts";

/** A column: its title and its place in the order of importance. */
export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  /** 0 is never shed; the highest number goes first. @default 0 */
  readonly importance?: number;
  readonly alignRight?: boolean;
}

const gap = "  ";

/** How a table is shown. */
export interface TableLook<Row> {
  /** Of the terminal; undefined: as wide as it takes. */
  readonly width: number | undefined;
  /** Decorates a cell after it was laid out. @default as it is */
  readonly paintCell?: (column: Column<Row>, row: Row, text: string) => string;
}

/** Lays rows out in columns. */
export function renderTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[], look: TableLook<Row>): string {
  const { width, paintCell = (_column, _row, text) => text } = look;
  const shown = columnsThatFit(columns, rows, width);
  const widths = shown.map((column) => widthOf(column, rows));
  const line = (cells: readonly string[]) => cells.join(gap).trimEnd();
  const header = line(shown.map((column, i) => padded(column.title, widths[i] as number, column.alignRight)));
  const body = rows.map((row) =>
    line(
      shown.map((column, i) =>
        paintCell(column, row, padded(column.cell(row), widths[i] as number, column.alignRight)),
      ),
    ),
  );
  return [header, ...body].map((text) => `${text}\n`).join("");
}

function columnsThatFit<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number | undefined,
): readonly Column<Row>[] {
  // A column that says nothing is not worth its width, unless it is never shed.
  let shown = columns.filter((column) => (column.importance ?? 0) === 0 || rows.some((row) => column.cell(row) !== ""));
  while (width !== undefined && totalWidth(shown, rows) > width) {
    const least = Math.max(...shown.map((column) => column.importance ?? 0));
    if (least === 0) break;
    shown = shown.filter((column) => (column.importance ?? 0) < least);
  }
  return shown;
}

function totalWidth<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number {
  return columns.reduce((sum, column) => sum + widthOf(column, rows), gap.length * (columns.length - 1));
}

function widthOf<Row>(column: Column<Row>, rows: readonly Row[]): number {
  return rows.reduce((widest, row) => Math.max(widest, displayWidth(column.cell(row))), column.title.length);
}
