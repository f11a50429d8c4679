/*
 * failfast.pml -- a fail-fast chord: explicit error decision against last arrival on the same top item, head FAILED,
 * error branch (onError) after FAILED, a worker's death between each, message loss and the sweeper.
 *
 * Guards
 *   G20 head-guard      members and callback claim only while RUNNING, onError only while FAILED; driving always goes on
 *   G4 commit-mine     slot leased by me
 *   G6 arrive-unmarked mark absent; full and all good = callback, full with failures = error (the fold)
 *   G28 decide-open     explicit decision: none yet and not full
 *   G11 fail-running    head: FAILED only while RUNNING, SUCCEEDED only while RUNNING with the callback settled
 *   G31 drive-failure   slot FAILED -> decision -> head -> onError; every loser goes on with that list
 *   G32 sweep-failure   sweeper: FAILED slot without decision -> decide  (-DM_FAILURE_NOT_SWEPT: overlooked)
 *
 * Faults: CRASH, DUP, LOST, PAUSE, LOSS; DEADLINE = a chord deadline decides error at any time; HANG = the last member
 * never answers (outside worker) and member 0 fails. Not here: generations, dispatches, packs.
 */
#ifndef N
#define N 2
#endif
#ifndef PER
#define PER 1
#endif
#ifndef W
#define W 2
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef DUP
#define DUP 0
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef PAUSE
#define PAUSE 0
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef DEADLINE
#define DEADLINE 0
#endif
#ifndef HANG
#define HANG 0
#endif
#ifndef FAILS
#define FAILS 2
#endif
#if (LOSS > 0 || DEADLINE > 0) && !defined(M_NO_SWEEPER)
#define SWEEPER
#endif

#define NL ((N + PER - 1) / PER)
#define CB N
#define ER (N + 1)
#define NODES (N + 2)
#define leaf(x)  ((x) / PER)
#define ABSENT 0
#define LEASED 1
#define SUCC   2
#define FAIL   3
#define RUNNING   0
#define FAILED    1
#define SUCCEEDED 2
#define NOBODY 7

byte st[NODES], ow[NODES];
bit  over[NODES];
byte rem[NL], topRem = NL, mark[NL];
bit  dec;                               /* explicit error decision */
byte hs;
byte vis[NODES], hid[NODES], holds[W + 1];
byte crash = CRASH, copies = DUP, lost = LOST, pauses = PAUSE, loss = LOSS, timer = DEADLINE, fails = FAILS;
bit  cbDecided, erDecided;              /* ghosts */

#define live(x)     (st[x] == LEASED && !over[x])
#define terminal(x) (st[x] == SUCC || st[x] == FAIL)
#define avail(i)    ((i) < NODES && (vis[i] > 0 || (hid[i] > 0 && !live(i))))
#define badOf(i)    (st[(i) * PER] == FAIL || (PER == 2 && (i) * PER + 1 < N && st[((i) * PER + 1) % NODES] == FAIL))
#define anyBad      (mark[0] == 2 || (NL > 1 && mark[1 % NL] == 2) || (NL > 2 && mark[2 % NL] == 2))
#define topFull     (topRem == 0)
#ifdef M_FULL_BAD_UNDECIDED
#define isError     (dec)
#else
#define isError     (dec || (topFull && anyBad))
#endif
#define isCallback  (!dec && topFull && !anyBad)
#define fin         (hs == SUCCEEDED || (hs == FAILED && terminal(ER)))
#define mayClaim(x) ((x != ER && hs == RUNNING) || (x == ER && hs == FAILED))

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi
#define RX(i)     :: avail(i) -> t = i

inline send(i) { if :: vis[i] < 2 -> vis[i]++ :: else fi }
inline claim(x) {
  assert(!terminal(x));
  assert(x != CB || isCallback);
  assert(x != ER || (isError && hs == FAILED));
  st[x] = LEASED; ow[x] = me; over[x] = 0
}
inline note() {
  if :: isCallback -> cbDecided = 1 :: else fi;
  if :: isError -> erDecided = 1 :: else fi;
  assert(!(cbDecided && erDecided))
}
inline decideError() {                                                  /* G28 */
  if
#ifdef M_DECIDE_BLIND
  :: true
#else
  :: !dec && !topFull
#endif
     -> dec = 1; note()
  :: else
  fi
}
inline arriveAt(i) {                                                    /* G6 */
  if :: mark[i] == 0 -> mark[i] = 1 + badOf(i); topRem--; note() :: else fi
}

proctype worker(byte me) {
  byte t, x;
  bit ok, filled;
idle:
  atomic {
    if
    :: fin -> goto stop
    RX(0) RX(1) RX(2) RX(3) RX(4) RX(5)
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1; x = t
  }
headRead:
  if
  MAYDIE
  :: atomic { skip; ok = mayClaim(x);                                   /* G20 */
#ifdef M_GUARD_DROPS
       if :: hs != RUNNING && x != ER -> goto ack :: else fi
#endif
     }
  fi;
take:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: terminal(x) -> filled = x < N && rem[leaf(x) % NL] == 0; goto drive
       :: !terminal(x) && !ok -> goto ack
       :: st[x] == ABSENT && ok -> claim(x)
       :: st[x] == LEASED && ok && ow[x] == me -> skip
       :: st[x] == LEASED && ok && ow[x] != me && over[x] -> claim(x)
       :: live(x) && ok && ow[x] != me -> goto giveBack
       fi;
       REPEAT(take)
     }
  fi;
commit:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == LEASED && ow[x] == me ->                             /* G4 */
          if
          :: !(HANG && x == 0) -> st[x] = SUCC
          :: x < N && fails > 0 -> fails--; st[x] = FAIL
          fi;
          if :: x < N -> rem[leaf(x) % NL]-- :: else fi
       :: else
       fi;
       REPEAT(commit);
       if :: !terminal(x) -> goto giveBack :: else fi;
       filled = x < N && rem[leaf(x) % NL] == 0
     }
  fi;
drive:
  if
  :: atomic { x == ER -> goto ack }
  :: atomic { x == CB -> goto succeed }
  :: atomic { x < N && st[x] == FAIL -> goto decide }
  :: atomic { x < N && st[x] == SUCC && filled -> goto arrive }
  :: atomic { x < N && st[x] == SUCC && !filled -> goto ack }
  fi;
decide:
  if
  MAYDIE
  :: atomic { skip; decideError(); REPEAT(decide); assert(isError) }
  fi;
failRun: /* G11 */
  if
  MAYDIE
  :: atomic { skip; if :: hs == RUNNING -> hs = FAILED :: else fi; REPEAT(failRun);
#ifdef M_LOSER_RETURNS_HEAD
       if :: st[ER] == ABSENT && hs == FAILED && holds[3 - me] -> goto ack :: else fi;
#endif
       if :: hs != FAILED -> goto ack :: else fi }
  fi;
callErr:
  if
  MAYDIE
  :: atomic { skip;
       if :: st[ER] == ABSENT || (st[ER] == LEASED && over[ER]) -> send(ER) :: else fi;
       if :: filled -> skip :: else -> goto ack fi
     }
  fi;
arrive:
  if
  MAYDIE
  :: atomic { skip; arriveAt(leaf(x) % NL); REPEAT(arrive);
       if
       :: isError -> filled = 0; goto failRun
       :: isCallback -> skip
       :: else -> goto ack
       fi
     }
  fi;
call:
  if
  MAYDIE
  :: atomic { skip; if :: st[CB] == ABSENT || (st[CB] == LEASED && over[CB]) -> send(CB) :: else fi; goto ack }
  fi;
succeed: /* G11 */
  if
  MAYDIE
  :: atomic { skip; if :: hs == RUNNING -> assert(st[CB] == SUCC && isCallback); hs = SUCCEEDED :: else fi }
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
    x = 0;
    do :: x < NODES -> if :: st[x] == LEASED && ow[x] == me -> ow[x] = NOBODY :: else fi; x++ :: else -> break od;
    holds[me] = 0; t = 0; x = 0; ok = 0; filled = 0;
    goto idle
  };
stop: skip
}

#define EXPIRE(y) :: atomic { !fin && (y) < NODES && live((y) % NODES) && (ow[(y) % NODES] == NOBODY || pauses > 0) -> \
                     if :: ow[(y) % NODES] != NOBODY -> pauses-- :: else fi; over[(y) % NODES] = 1 }
#define COPY(i)   :: atomic { !fin && (i) < NODES && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
#define LOSE(i)   :: atomic { !fin && (i) < NODES && loss > 0 && vis[i] + hid[i] > 0 -> loss--; if :: vis[i] > 0 -> vis[i]-- :: else -> hid[i]-- fi }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3) EXPIRE(4)
  COPY(0) COPY(1) COPY(2) COPY(3) COPY(4)
  LOSE(0) LOSE(1) LOSE(2) LOSE(3) LOSE(4)
  :: fin -> break
  od
}

#ifdef SWEEPER
#define quiet(i)  (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[W] != (i) + 1)
#define SEND(y)   :: atomic { !fin && (y) < N - HANG && hs == RUNNING && (st[(y) % N] == ABSENT || (st[(y) % N] == LEASED && over[(y) % N])) && quiet((y) % N) -> s = (y); goto out }
#define CLIMB(l)  :: atomic { !fin && (l) < NL && rem[(l) % NL] == 0 && mark[(l) % NL] == 0 -> arriveAt((l) % NL) }
#define FAILSLOT(y) :: atomic { !fin && (y) < N && st[(y) % N] == FAIL && !dec && !topFull && (quiet((y) % N)) -> decideError() }
proctype sweeper() {
  byte s;
visit:
  if
  SEND(0) SEND(1) SEND(2)
  CLIMB(0) CLIMB(1) CLIMB(2)
#ifndef M_FAILURE_NOT_SWEPT
  FAILSLOT(0) FAILSLOT(1) FAILSLOT(2)                                   /* G32 */
#endif
  :: atomic { !fin && isCallback && hs == RUNNING && !terminal(CB) && !live(CB) && quiet(CB) -> s = CB; goto out }
  :: atomic { !fin && st[CB] == SUCC && hs == RUNNING -> hs = SUCCEEDED }
  :: atomic { !fin && isError && hs == RUNNING -> hs = FAILED }
  :: atomic { !fin && isError && hs == FAILED && !terminal(ER) && !live(ER) && quiet(ER) -> s = ER; goto out }
  :: atomic { timer > 0 && !fin -> timer--; decideError() }             /* chord deadline */
  :: fin -> goto stop
  fi;
  goto visit;
out:
  if
  MAYDIE
  :: atomic { skip; send(s); s = 0; goto visit }
  fi;
dead: atomic { s = 0; goto visit };
stop: skip
}
#endif

init {
  atomic {
    byte i = 0;
    do :: i < NL -> rem[i] = 1 + (PER == 2 && i * PER + 1 < N); i++ :: else -> break od;
    i = 0;
    do :: i < N - HANG -> vis[i] = 1; i++ :: else -> break od;
    i = 0;
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
    run world();
#ifdef SWEEPER
    run sweeper();
#endif
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> (hs != RUNNING) }
#endif
