/** Names for a message, cut after ten. */
export function listed(names: Iterable<string>, between = ", "): string {
  const all = [...names];
  return (all.length > 10 ? [...all.slice(0, 9), "…", all.at(-1)] : all).join(between) || "there are none";
}
