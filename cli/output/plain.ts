/** A text on one line, without control characters: what tasks and documents say must not drive the terminal. */
export function plainLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ").trimEnd();
}

/** The same, cut to a length, with `…` for what is missing. */
export function cut(text: string, length: number): string {
  const line = plainLine(text);
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

/** A task as tables name it: its name, and its label if it has one. */
export function taskText({ task, label }: { readonly task: string; readonly label: string | null }): string {
  return label === null ? task : cut(`${task} ${label}`, 40);
}
