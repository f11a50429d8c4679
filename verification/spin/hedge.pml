/*
 * hedge.pml -- second copies: one task, then the end of the run; its own message, and one of a copy of the attempt that was at
 * work when somebody looked. There is no sweeper.
 *
 * Purpose: the first success settles the slot, from whichever lease; a failure counts only where nobody else is at work; no attempt
 * is given twice; the two messages alone bring the run to its end, whoever dies.
 *
 * Guards
 *   G3 claim-expired   G4 commit-mine, in either place   G9 own rows   G11 head-running
 *   G90 beside       a copy claims beside exactly that owner and attempt, where nobody else does    (-DM_BESIDE_BLIND)
 *   G91 alone        a failure is recorded only where there is no second lease, or exactly the one that was seen, which is
 *                    over                                                          (-DM_FAILS_BESIDE, -DM_COPY_SETTLES)
 *   G92 promote      the copy takes the place of the first on exactly the state seen              (-DM_PROMOTE_BLIND)
 *   G93 give-way     a copy that has failed leaves its number there                                 (-DM_LEAVES_NOTHING)
 *                    so does one that died, before its message goes: else nobody comes back when it takes the place of the
 *                    first, whose worker saw it at work                                              (-DM_DEAD_COPY_LEFT)
 *   G94 above-both   whoever takes over looks at both leases: a copy at work is promoted, and the next attempt is above both
 *                    (-DM_TAKES_FROM_COPY)
 *
 * One atomic step is one call: a look and the write that follows from it are two where the write is conditional on more than
 * its own lease. Faults: CRASH, DUP of either message, PAUSE = a lease ends under a living owner, FAILS = attempts that fail, LOOKS =
 * looks that send a copy. Not here: packs, a join above (chord.pml), the sweeper, which promotes as a message does.
 */
#ifndef W
#define W 2
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef DUP
#define DUP 0
#endif
#ifndef PAUSE
#define PAUSE 0
#endif
#ifndef FAILS
#define FAILS 1
#endif
#ifndef LOOKS
#define LOOKS 1
#endif
#define MAXFAILED 3     /* attempts that may fail */
#define MAXLOST 2       /* lost attempts that are made good */
#define DMAX 4
#define C DMAX          /* the message of the copy; own messages are 0 to DMAX - 1 */
#define ABSENT 0
#define LEASED 1
#define WAITING 2
#define SUCC   3
#define FAIL   4
#define NONE   0
#define NOBODY 6        /* a lease whose owner is dead */
#define GONE   7        /* a second lease whose copy has failed */

#define terminal    (st == SUCC || st == FAIL)
#define live        (st == LEASED && !over)
#define copyAtWork  (so != NONE && so != GONE && !sover)
#define fin         (hs != 0)
/* a message that was given back comes when what it waits for has changed */
#define waits(t)    (live && (t != C || (at == besideOf && copyAtWork) || (at != besideOf && by == C)))

byte st, ow, at, dd, by, lc;            /* by: the message that carries the first lease; lc: lost attempts */
bit  over;
byte so, sa;                            /* the second lease: its owner and attempt */
bit  sover;
byte besideOf, toDispatch;                           /* what the copy was sent for: an attempt, and its dispatch */
byte hs;                                /* head: 0 RUNNING, 1 SUCCEEDED, 2 FAILED */
byte vis[DMAX + 1], hid[DMAX + 1];
byte crash = CRASH, copies = DUP, pauses = PAUSE, fails = FAILS, looks = LOOKS;
bit  given[12];                         /* ghost: attempts that were given */
byte works[W + 1];                      /* ghost: what each worker's body is at work on, as an attempt */

#define MAYDIE :: atomic { crash > 0 -> crash--; goto dead }

inline send(i) {
  assert(i <= DMAX);
  if :: vis[i] < 2 -> vis[i]++ :: else fi
}
inline give(a) { assert(!given[a]); given[a] = 1; works[me] = a; mine = a }
/* H3: nobody who may still commit is at work beside it */
inline lastAtWork() {
  assert(!(so != NONE && so != GONE && so != NOBODY && so != me && !sover && works[so] == sa));
  assert(!(ow != NOBODY && ow != me && !over && works[ow] == at))
}
inline noSecond() { so = NONE; sa = 0; sover = 0 }
inline takePlace() { assert(!terminal); at = sa; ow = so; over = sover; by = C; noSecond() }
inline failed() {
  lastAtWork();
  ow = NONE; over = 0; noSecond();
  if
  :: at - lc >= MAXFAILED -> st = FAIL
  :: else -> st = WAITING; dd++; assert(dd <= DMAX)
  fi
}

proctype worker(byte me) {
  byte t, d, mine, seenSo, seenSa, seenOw, seenAt;
  bit copy, seenOver;
idle:
  atomic {
    if
    :: fin -> goto stop
    :: vis[0] > 0 -> t = 0 :: vis[1] > 0 -> t = 1 :: vis[2] > 0 -> t = 2 :: vis[3] > 0 -> t = 3 :: vis[C] > 0 -> t = C
    :: vis[0] == 0 && hid[0] > 0 && !waits(0) -> t = 0 :: vis[1] == 0 && hid[1] > 0 && !waits(1) -> t = 1
    :: vis[2] == 0 && hid[2] > 0 && !waits(2) -> t = 2 :: vis[3] == 0 && hid[3] > 0 && !waits(3) -> t = 3
    :: vis[C] == 0 && hid[C] > 0 && !waits(C) -> t = C
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    d = (t == C -> toDispatch : t + 1)
  }
take: /* G9: a look; the write that follows is conditional on what it saw */
  if
  MAYDIE
  :: atomic { skip;
       copy = 0; works[me] = 0;
       if
       :: terminal -> goto drive
       :: st == ABSENT -> st = LEASED; ow = me; over = 0; by = t; dd = d; at = 1; give(1); goto body
       :: st == WAITING && dd > d -> send(dd - 1); goto ack
       :: st == WAITING && dd <= d -> st = LEASED; ow = me; over = 0; by = t; at++; give(at); goto body
       :: st == LEASED && dd > d -> goto ack
       :: live && dd <= d && t != C -> goto giveBack
       :: live && dd <= d && t == C && at == besideOf && so == NONE -> seenOw = ow; goto beside
       :: live && dd <= d && t == C && at == besideOf && copyAtWork -> goto giveBack
       :: live && dd <= d && t == C && at == besideOf && so == GONE -> goto ack
#ifdef M_DEAD_COPY_LEFT
       :: live && dd <= d && t == C && at == besideOf && so != NONE && so != GONE && sover -> goto ack
#else
       :: live && dd <= d && t == C && at == besideOf && so != NONE && so != GONE && sover -> goto giveWay
#endif
       :: live && dd <= d && t == C && at != besideOf && by == C -> goto giveBack
       :: live && dd <= d && t == C && at != besideOf && by != C -> goto ack
       :: st == LEASED && over && dd <= d ->
          seenOw = ow; seenAt = at; seenSo = so; seenSa = sa; seenOver = sover;
          goto takeOver
       fi
     }
  fi;
beside: /* G90 */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_BESIDE_BLIND
       :: !terminal ->
#else
       :: st == LEASED && ow == seenOw && at == besideOf && so == NONE ->
#endif
          so = me; sa = besideOf + 1; sover = 0; give(besideOf + 1); copy = 1; seenOw = 0; goto body
       :: else -> seenOw = 0; goto take
       fi
     }
  fi;
giveWay: /* G93: for a copy that died beside the first, before its message goes */
  if
  MAYDIE
  :: atomic { skip; if :: st == LEASED && at == besideOf && so != NONE && sover -> so = GONE; goto ack :: else -> goto take fi }
  fi;
takeOver: /* G3, G92, G94: on exactly what was seen */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st == LEASED && ow == seenOw && at == seenAt && over && sa == seenSa && (so == GONE) == (seenSo == GONE) ->
          if
#ifndef M_TAKES_FROM_COPY
          :: seenSo != NONE && seenSo != GONE && !seenOver -> lc++; takePlace(); goto forget
#endif
#ifdef M_TAKES_FROM_COPY
          :: seenSo != GONE -> lc++
#else
          :: seenSo != NONE && seenSo != GONE && seenOver -> lc = lc + 2; at = sa
#endif
          :: seenSo == GONE -> lc++; at = sa
          :: seenSo == NONE -> lc++
          fi;
          if
          :: lc > MAXLOST -> st = FAIL; ow = NONE; over = 0; noSecond(); seenOw = 0; seenAt = 0; seenSo = 0; seenSa = 0; seenOver = 0;
             goto drive
          :: else -> ow = me; over = 0; by = t; at++; noSecond(); give(at);
             seenOw = 0; seenAt = 0; seenSo = 0; seenSa = 0; seenOver = 0;
             goto body
          fi
       :: else -> goto forget
       fi
     }
  fi;
forget: /* what was seen is old */
  atomic { seenOw = 0; seenAt = 0; seenSo = 0; seenSa = 0; seenOver = 0; goto take };
body:
  if
  MAYDIE
  :: atomic { fails > 0 -> fails--; if :: copy -> goto copyFails :: else -> goto firstFails fi }
  :: atomic { skip;
       /* G4: in either place */
       if
       :: st == LEASED && ow == me && at == mine -> goto success
       :: st == LEASED && copy && so == me && sa == mine -> goto success
       :: else -> goto take
       fi;
success:
       works[me] = 0; at = mine; st = SUCC; ow = NONE; over = 0; noSecond(); goto drive
     }
  fi;
firstFails: /* G91: alone, as it is taken to be */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_FAILS_BESIDE
       :: st == LEASED && ow == me && at == mine ->
#else
       :: st == LEASED && ow == me && at == mine && so == NONE ->
#endif
          works[me] = 0; failed(); goto resend
#ifndef M_FAILS_BESIDE
       :: st == LEASED && ow == me && at == mine && so != NONE -> seenSo = so; seenSa = sa; seenOver = sover; goto firstGoes
#endif
       :: else -> goto take
       fi
     }
  fi;
firstGoes: /* G91, G92: with the second lease as it was seen */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_PROMOTE_BLIND
       :: seenSo != GONE && !seenOver -> at = seenSa; so = seenSo; sa = seenSa; works[me] = 0; takePlace(); st = LEASED; seenSo = 0; seenSa = 0; goto ack
#endif
       :: st == LEASED && ow == me && at == mine && sa == seenSa && (so == GONE) == (seenSo == GONE) ->
          works[me] = 0;
          if
          :: seenSo != GONE && !seenOver -> takePlace(); seenSo = 0; seenSa = 0; goto ack
          :: seenSo == GONE -> at = sa; failed(); seenSo = 0; seenSa = 0; goto resend
          :: seenSo != GONE && seenOver -> lc++; at = sa; failed(); seenSo = 0; seenSa = 0; seenOver = 0; goto resend
          fi
       :: else -> seenSo = 0; seenSa = 0; seenOver = 0; goto firstFails
       fi
     }
  fi;
copyFails: /* G93 */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_COPY_SETTLES
       :: st == LEASED && so == me && sa == mine -> works[me] = 0; failed(); at = mine; goto resend
#else
#ifdef M_LEAVES_NOTHING
       :: st == LEASED && so == me && sa == mine -> works[me] = 0; noSecond(); goto ack
#else
       :: st == LEASED && so == me && sa == mine -> works[me] = 0; so = GONE; sover = 1; goto ack
#endif
#endif
       :: st == LEASED && ow == me && at == mine -> copy = 0; goto firstFails
       :: else -> goto take
       fi
     }
  fi;
resend:
  if
  MAYDIE
  :: atomic { skip; if :: st == WAITING -> send(dd - 1) :: else fi; if :: terminal -> goto drive :: else -> goto ack fi }
  fi;
drive: /* G11 */
  if
  MAYDIE
  :: atomic { skip;
       if :: hs == 0 && st == SUCC -> hs = 1 :: hs == 0 && st == FAIL -> hs = 2 :: else fi }
  fi;
ack:
  if
  MAYDIE
  :: atomic { skip; goto over_ }
  fi;
giveBack:
  if
  MAYDIE
  :: atomic { skip; if :: hid[t] < 2 -> hid[t]++ :: else fi; goto over_ }
  fi;
dead:
  atomic { if :: vis[t] < 2 -> vis[t]++ :: else fi };
over_:
  atomic {
    works[me] = 0;
    if :: ow == me -> ow = NOBODY :: else fi;
    if :: so == me -> so = NOBODY :: else fi;
    t = 0; d = 0; mine = 0; copy = 0; seenSo = 0; seenSa = 0; seenOw = 0; seenAt = 0; seenOver = 0;
    goto idle
  };
stop: skip
}

#define COPY(i) :: atomic { !fin && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
proctype world() {
  do
  /* the look: what is at work alone, and may fail once more */
  :: atomic { !fin && looks > 0 && live && so == NONE && at - lc < MAXFAILED && lc < MAXLOST && (besideOf == 0 || besideOf == at) ->
       looks--; besideOf = at; toDispatch = dd; send(C) }
  :: atomic { !fin && live && ow == NOBODY -> over = 1 }
  :: atomic { !fin && so == NOBODY && !sover -> sover = 1 }
#if PAUSE > 0
  :: atomic { !fin && pauses > 0 && live && ow != NOBODY -> pauses--; over = 1 }
  :: atomic { !fin && pauses > 0 && copyAtWork && so != NOBODY -> pauses--; sover = 1 }
#endif
#if DUP > 0
  COPY(0) COPY(1) COPY(C)
#endif
  :: atomic { fin ->
       assert((hs == 1) == (st == SUCC));
       break }
  od
}

init {
  atomic {
    byte k = 0;
    vis[0] = 1;
    do :: k < W -> run worker(k + 1); k++ :: else -> break od;
    run world();
    k = 0
  }
}

#ifdef LIVE
ltl ends { <> fin }
#endif
