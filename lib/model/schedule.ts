/**
 * When recurring runs start: the expressions of EventBridge Scheduler, without their `rate(…)` and `cron(…)`.
 *
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
 */

const months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/** 1 is Sunday. */
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Words for its numbers, from `min` on. */
  readonly words?: readonly string[];
  /** What else may stand there. */
  readonly special?: RegExp;
}

const fields: readonly Field[] = [
  { name: "minutes", min: 0, max: 59 },
  { name: "hours", min: 0, max: 23 },
  { name: "day of month", min: 1, max: 31, special: /^(\?|L|LW|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: "month", min: 1, max: 12, words: months },
  {
    name: "day of week",
    min: 1,
    max: 7,
    words: weekdays,
    special: /^(\?|L|[1-7]L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$/,
  },
  { name: "year", min: 1970, max: 2199 },
];

/** What is wrong with a cron expression; null when nothing is. */
export function cronProblem(cron: string): string | null {
  const parts = cron.split(" ");
  if (parts.length !== fields.length)
    return "must have six fields: minutes, hours, day of month, month, day of week, year, such as 0 3 * * ? *";
  for (const [i, field] of fields.entries()) {
    const problem = fieldProblem(parts[i] as string, field);
    if (problem !== null) return problem;
  }
  const unsaid = [parts[2], parts[4]].filter((part) => part === "?").length;
  return unsaid === 1 ? null : "must have ? in exactly one of day of month and day of week";
}

function fieldProblem(text: string, field: Field): string | null {
  const wrong = text.split(",").find((part) => !isPart(part, field));
  if (wrong === undefined) return null;
  const { name, min, max, words } = field;
  const named = words === undefined ? "" : ` or ${words[0]}–${words.at(-1)}`;
  return `must have ${min}–${max}${named}, ranges, lists, steps or * for ${name}, and has ${JSON.stringify(wrong)}`;
}

function isPart(part: string, field: Field): boolean {
  if (field.special?.test(part)) return true;
  const [range = "", step, ...more] = part.split("/");
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) return false;
  if (range === "*") return true;
  const ends = range.split("-").map((end) => numberOf(end, field));
  if (ends.length > 2 || ends.some((end) => end === undefined)) return false;
  return ends.length === 1 || (ends[0] as number) <= (ends[1] as number);
}

function numberOf(text: string, { min, max, words }: Field): number | undefined {
  const word = words?.indexOf(text) ?? -1;
  const value = word >= 0 ? min + word : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

const unitSeconds: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };

/** The period of a rate such as `5 minutes`, in seconds; undefined when it is none. */
export function rateSeconds(rate: string): number | undefined {
  const [, value, unit] = /^([1-9]\d{0,5}) (minute|hour|day)s?$/.exec(rate) ?? [];
  return unit === undefined ? undefined : Number(value) * (unitSeconds[unit] as number);
}

/** Whether this machine knows a time zone of that name, such as `Europe/Zurich`. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
