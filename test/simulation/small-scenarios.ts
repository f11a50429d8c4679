/**
 * The smallest runs in which a thing can happen: with `--pairs` every pair of faults is tried in them, since pairs grow with the
 * square of the calls.
 */
export const smallScenarios: readonly string[] = [
  "chain of 3",
  "group of 5",
  "diamond",
  "chord of 5",
  "nested chord",
  "failing member, all-succeeded",
  "failing member, all-settled",
  "retried member",
  "empty chord",
  "map over a result",
  "quorum by its last member",
  "task time-out",
  "chord deadline",
  "revoke of a run",
  "revoke of a member",
  "revoke of a chord",
  "retry not sent",
  "worker dies, message dead-lettered",
  "retry of a failing member",
  "duplicate submit",
  "clean-up",
  "one lane",
  "command: revoke a run",
  "command: retry with other arguments",
  "command: clean a run that runs",
  "command: fix a run whose message is lost",
];

/** Those of which also a share has every single fault: the small ones, and what is larger or later and has to be among them. */
export const wholeScenarios: readonly string[] = [
  ...smallScenarios,
  "chain of 20",
  "map of 25",
  "lost members",
  "pause and resume",
  "revoke of a run during its join",
  "revoke of a run after its join",
];
