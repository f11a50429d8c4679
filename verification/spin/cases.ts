/**
 * What is searched: a model, its flags (budgets of faults, sizes, a wrong variant), and what has to come of it.
 *
 * A model without a wrong variant must hold; one with `-DM_…` must be rejected.
 */
import type { Verdict } from "./search-report.ts";

export interface Case {
  /** Name of the file, without its ending. */
  readonly model: string;
  /** Definitions for spin, separated by single spaces. */
  readonly flags: string;
  readonly expect: Exclude<Verdict, "cut">;
  /** Looks for cycles without progress too. */
  readonly live: boolean;
  /** Takes more than some seconds. */
  readonly long: boolean;
}

/** One model with the same budgets: as it is, and with each of these wrong variants. */
interface Group {
  readonly model: string;
  readonly flags: string;
  /** Wrong variants, without their `M_`. */
  readonly rejected?: readonly string[];
  readonly live?: true;
  /** The model as it is takes more than some seconds. */
  readonly long?: true;
  /** The same of the wrong variants. */
  readonly rejectedLong?: true;
  /** False where these budgets are for the wrong variants alone. */
  readonly holds?: false;
}

const groups: readonly Group[] = [
  {
    model: "chord",
    flags: "-DN=2 -DCRASH=1 -DDUP=1 -DLOST=1",
    rejected: [
      "LOSER_RETURNS",
      "LOSER_RETURNS_TOP",
      "ACK_FOREIGN",
      "ARRIVE_BLIND",
      "NO_HANDOVER",
      "ACK_BEFORE_SEND",
      "BLIND_DECREMENT",
      "CLAIM_BLIND",
    ],
  },
  {
    model: "chord",
    flags: "-DN=3 -DPER=2 -DCRASH=2 -DREDEL=1 -DDMAX=1",
    rejected: ["WINNER_CARRIES", "LOSER_CARRIES"],
  },
  { model: "chord", flags: "-DN=3 -DPER=2 -DCRASH=1 -DDUP=1 -DDMAX=1", rejected: ["WINNER_CARRIES"] },
  {
    model: "chord",
    flags: "-DN=3 -DPER=2 -DCRASH=1 -DREDEL=1 -DDMAX=1",
    rejected: ["WINNER_CARRIES"],
    holds: false,
  },
  { model: "chord", flags: "-DN=2 -DCRASH=1 -DFAIL=1 -DLOST=1", rejected: ["DRIVER_DROPS_WAITING", "NO_RESEND"] },
  {
    model: "chord",
    flags: "-DN=2 -DPER=2 -DPACK=1 -DCRASH=1 -DREDEL=1 -DPAUSE=1",
    rejected: ["PARTIAL", "ACK_FOREIGN"],
  },
  { model: "chord", flags: "-DN=2 -DPER=2 -DPACK=1 -DCRASH=1 -DFAIL=1 -DREDEL=1" },
  { model: "chord", flags: "-DN=2 -DCRASH=1 -DHAND=1 -DDUP=1 -DPAUSE=1 -DDMAX=1" },
  { model: "chord", flags: "-DW=3 -DN=2 -DCRASH=1 -DDMAX=1" },
  { model: "chord", flags: "-DN=2 -DCRASH=1 -DLOSS=1", rejected: ["NO_SWEEPER"], long: true },
  { model: "chord", flags: "-DN=2 -DCRASH=0 -DEARLY=1" },
  { model: "chord", flags: "-DN=2 -DCRASH=1 -DEARLY=1", long: true },
  { model: "chord", flags: "-DN=2 -DCRASH=0 -DDUP=1 -DDMAX=1", live: true },
  { model: "chord", flags: "-DN=2 -DCRASH=1 -DDMAX=1", rejected: ["LOSER_RETURNS"], live: true },

  {
    model: "failfast",
    flags: "-DN=2 -DCRASH=1",
    rejected: ["GUARD_DROPS", "LOSER_RETURNS_HEAD"],
  },
  { model: "failfast", flags: "-DN=2 -DPER=2 -DCRASH=1", rejected: ["FULL_BAD_UNDECIDED"] },
  { model: "failfast", flags: "-DN=2 -DCRASH=1 -DDEADLINE=1", long: true },
  { model: "failfast", flags: "-DN=2 -DCRASH=0 -DDEADLINE=1", rejected: ["DECIDE_BLIND"], holds: false },
  { model: "failfast", flags: "-DN=2 -DCRASH=1 -DLOSS=1 -DDUP=1", rejected: ["NO_SWEEPER"], long: true },
  { model: "failfast", flags: "-DN=2 -DCRASH=1 -DHANG=1 -DLOSS=1 -DFAILS=1", rejected: ["FAILURE_NOT_SWEPT"] },
  { model: "failfast", flags: "-DN=2 -DCRASH=1", live: true },

  {
    model: "generation",
    flags: "-DN=2 -DCRASH=1",
    rejected: ["NO_G", "REOPEN_BLIND", "REOPEN_SLOTS_UNSEEN", "OLDER_NOT_SWEPT"],
  },
  { model: "generation", flags: "-DN=3 -DPER=2 -DCRASH=0", rejected: ["REOPEN_SLOTS_UNSEEN"], holds: false },
  { model: "generation", flags: "-DN=2 -DALLSETTLED=1 -DDEADLINE=1 -DCRASH=1", long: true },
  {
    model: "generation",
    flags: "-DN=2 -DALLSETTLED=1 -DDEADLINE=1",
    rejected: ["TOP_NOT_FENCED", "FENCE_UNAWAITED", "NO_G"],
    holds: false,
  },
  { model: "generation", flags: "-DN=2 -DALLSETTLED=1 -DDEADLINE=1 -DLATE=1 -DCRASH=0", long: true },
  {
    model: "generation",
    flags: "-DN=2 -DONERR=1 -DFAILS=2 -DCRASH=1",
    rejected: ["ERROR_BRANCH_KEPT", "NO_ONERR_RESEND"],
    holds: false,
  },
  { model: "generation", flags: "-DN=2 -DONERR=1 -DFAILS=2 -DCRASH=0", long: true },
  { model: "generation", flags: "-DN=2 -DCRASH=0 -DLATE=1", long: true },
  { model: "generation", flags: "-DN=2 -DCRASH=0 -DRETRIES=2", long: true },
  { model: "generation", flags: "-DN=2 -DCRASH=1 -DRETRIES=2", long: true },
  { model: "generation", flags: "-DN=3 -DPER=2 -DCRASH=0", long: true },
  { model: "generation", flags: "-DN=2 -DCRASH=0 -DLOSS=1", long: true },
  { model: "generation", flags: "-DN=2 -DLOSS=1", rejected: ["NO_SWEEPER"], holds: false },
  { model: "generation", flags: "-DN=2 -DCRASH=1 -DCARRY=1", rejected: ["NO_G"] },
  { model: "generation", flags: "-DN=2 -DCRASH=1", live: true },

  {
    model: "counting",
    flags: "-DN=3 -DQUORUM=2 -DCRASH=1",
    rejected: ["LOSER_RETURNS", "BLIND_MARKS", "QUORUM_BLIND", "QUORUM_NOT_FULL", "ACCEPTED_UNSTORED"],
  },
  { model: "counting", flags: "-DN=3 -DQUORUM=2 -DHANG=1 -DFAILS=0 -DCRASH=1", rejected: ["FULL_LEAVES_ONLY"] },
  { model: "counting", flags: "-DN=3 -DTOLERATE=0 -DHANG=1 -DMUST_FAIL=1 -DCRASH=1", rejected: ["LOSER_RETURNS"] },
  { model: "counting", flags: "-DN=3 -DTOLERATE=1 -DFAILS=2 -DCRASH=1 -DLOST=1" },
  { model: "counting", flags: "-DN=3 -DQUORUM=2 -DCRASH=1 -DLOST=1", long: true },
  { model: "counting", flags: "-DN=3 -DQUORUM=2 -DCRASH=1 -DLATE=1", long: true },
  { model: "counting", flags: "-DN=3 -DQUORUM=2 -DCRASH=0 -DLATE=1", rejected: ["BLIND_MARKS"], holds: false },
  {
    model: "counting",
    flags: "-DN=3 -DQUORUM=2 -DCRASH=1 -DLOSS=1 -DHANG=1 -DFAILS=0",
    rejected: ["NO_SWEEPER", "DECISION_NOT_SWEPT"],
  },
  { model: "counting", flags: "-DN=3 -DQUORUM=2 -DCRASH=1", live: true },

  { model: "lanes", flags: "-DCRASH=1 -DDUP=1", rejected: ["LOSER_RETURNS", "ALL_AT_ONCE"] },
  { model: "lanes", flags: "-DW=3 -DU=4 -DCRASH=1" },
  { model: "lanes", flags: "-DS=2 -DU=3 -DL=1 -DCRASH=1", rejected: ["PART_OF_UNIT"] },
  { model: "lanes", flags: "-DU=5 -DCRASH=1 -DREVOKE=2", long: true },
  { model: "lanes", flags: "-DU=5 -DCRASH=0 -DREVOKE=1", rejected: ["REVOKE_RELEASES", "NO_SKIP"] },
  { model: "lanes", flags: "-DU=4 -DCRASH=1 -DDECIDE=1", rejected: ["AFTER_DECISION"] },
  { model: "lanes", flags: "-DU=5 -DCRASH=1 -DKEPT=1 -DDUP=1" },
  { model: "lanes", flags: "-DU=5 -DCRASH=1 -DKEPT=1", rejected: ["KEPT_FROM_START"], holds: false },
  { model: "lanes", flags: "-DU=4 -DCRASH=1 -DLOSS=1", rejected: ["NO_SWEEPER", "SWEEP_BEFORE_TURN"] },
  { model: "lanes", flags: "-DU=4 -DCRASH=1 -DREVOKE=1", live: true },

  { model: "nested", flags: "-DCRASH=1", rejected: ["NOT_ABSORBED", "LOSER_RETURNS", "NO_ERROR_CALLBACK"], long: true },
  { model: "nested", flags: "-DCRASH=1 -DFAILS=2", rejected: ["SETTLE_BLIND"], holds: false },
  { model: "nested", flags: "-DCRASH=0 -DLOSS=1", rejected: ["NO_SWEEPER"], long: true },
  { model: "nested", flags: "-DW=1 -DONE_SETTLED=1 -DCRASH=1 -DLOSS=1", rejected: ["FAILURE_NOT_SWEPT"] },
  { model: "nested", flags: "-DCRASH=0 -DDUP=1 -DLOST=1", long: true },

  {
    model: "head",
    flags: "-DCRASH=0",
    rejected: [
      "LOWER_ONLY_LATER",
      "LOWER_AS_READ",
      "NOT_LOWERED",
      "ADVANCE_BLIND",
      "NO_SECOND_LOOK",
      "CREATE_OVER_TOMBSTONE",
    ],
  },
  { model: "head", flags: "-DCRASH=1", long: true },

  {
    model: "late",
    flags: "-DCRASH=1",
    rejected: ["REOPEN_BLIND", "OLDER_NOT_SWEPT", "LATE_BELIEVED", "SETTLED_KEPT", "SUCCESS_OPENED"],
  },
  { model: "late", flags: "-DCRASH=2 -DLATE=2", long: true },
  { model: "late", flags: "-DCRASH=1 -DLOSS=1 -DDUP=1", long: true },

  { model: "letter", flags: "-DPOISON=1", rejected: ["LETTER_UNCOUNTED"] },
  {
    model: "letter",
    flags: "-DR=1 -DCRASH=2",
    rejected: ["NO_LETTERS", "LETTER_BLIND", "LETTER_DROPS_DONE", "LETTER_DROPS_WAITING", "LETTER_TAKES_LIVE"],
  },
  { model: "letter", flags: "-DR=1 -DCRASH=2 -DDUP=1", long: true },
  { model: "letter", flags: "-DCRASH=2 -DDUP=1", long: true },

  {
    model: "hedge",
    flags: "-DCRASH=1 -DFAILS=2",
    rejected: ["FAILS_BESIDE", "COPY_SETTLES", "PROMOTE_BLIND", "LEAVES_NOTHING", "DEAD_COPY_LEFT", "TAKES_FROM_COPY"],
  },
  { model: "hedge", flags: "-DLOOKS=2 -DDUP=1", rejected: ["BESIDE_BLIND"] },
  { model: "hedge", flags: "-DCRASH=1", live: true },
  { model: "hedge", flags: "-DCRASH=2 -DFAILS=2 -DPAUSE=1", long: true },

  {
    model: "clean",
    flags: "-DCRASH=0",
    rejected: ["BEGINS_ANYWAY", "NOT_FENCED", "RAISE_REMOVED", "REMOVE_HELD"],
  },
  { model: "clean", flags: "-DCRASH=1 -DCOPIES=0", long: true },

  { model: "tree3", flags: "-DCRASH=1 -DLOST=1" },
  { model: "tree3", flags: "-DCRASH=1", rejected: ["LOSER_RETURNS_INNER", "LOSER_RETURNS_TOP"], holds: false },
  { model: "tree3", flags: "-DCRASH=2 -DREDEL=1", rejected: ["LOSER_CARRIES"] },
  { model: "tree3", flags: "-DCRASH=1 -DDUP=1 -DPAUSE=1" },
  { model: "tree3", flags: "-DCRASH=1", live: true },
];

function casesOf({ model, flags, rejected = [], live, long, rejectedLong, holds }: Group): Case[] {
  const common = { model, live: live === true };
  const wrong = rejected.map(
    (variant): Case => ({
      ...common,
      flags: `${flags} -DM_${variant}`,
      expect: "rejected",
      long: rejectedLong === true,
    }),
  );
  return holds === false ? wrong : [{ ...common, flags, expect: "holds", long: long === true }, ...wrong];
}

/** Everything that is searched, model by model. */
export const cases: readonly Case[] = groups.flatMap(casesOf);
