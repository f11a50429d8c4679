/**
 * What has happened in a history: as a digest, by which two are known to be the same, and as lines for who reads it. Of the many
 * histories that nobody compares or reads nothing is kept.
 */
export interface Diary {
  /** Whether anything is kept of what is noted. */
  readonly isKept: boolean;
  note(atMs: number, who: string, site: string, what: string, fault: string | undefined, result: string): void;
  /** Of all that was kept, as 16 hexadecimal digits. */
  digest(): string;
  readonly lines: readonly string[];
}

export type Keeps = "nothing" | "digest" | "lines";

export function createDiary(startMs: number, keeps: Keeps): Diary {
  const lines: string[] = [];
  let [one, two] = [0x811c9dc5, 0x1b873593];
  const add = (text: string) => {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      one = Math.imul(one ^ code, 0x01000193);
      two = Math.imul(two ^ code, 0x5bd1e995);
    }
  };
  return {
    isKept: keeps !== "nothing",
    note(atMs, who, site, what, fault, result) {
      if (keeps === "nothing") return;
      add(`${atMs} ${who} ${site} ${what} ${fault} ${result}`);
      if (keeps === "digest") return;
      const time = ((atMs - startMs) / 1000).toFixed(3).padStart(10);
      const wrong = fault === undefined ? "" : `  !! ${fault}`;
      lines.push(
        `${time} s  ${who.padEnd(14)} ${site.padEnd(20)} ${what}${result === "" ? "" : `  → ${result}`}${wrong}`,
      );
    },
    digest: () => hex(one) + hex(two),
    lines,
  };
}

const hex = (value: number) => (value >>> 0).toString(16).padStart(8, "0");
