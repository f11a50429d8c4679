/*
 * counting.pml -- a chord that is decided by a count: quorum or tolerated failures. Leaves of two members, one top item.
 *
 * Purpose: every change of a leaf arrives as a mark that only grows; the decision is made once, on members that are
 * recorded; what a quorum has accepted is the same at every attempt of the callback; a member that never answers does not
 * hide what the others have come to.
 *
 * Guards
 *   G1 claim-absent   G3 claim-expired   G4 commit-mine   G8 look-first   G11 head-running
 *   G28 decide-open       too many failed: no decision, and not full
 *   G40 mark-further      mark absent or smaller
 *   G41 count-full-once   remaining moves with the mark that says all
 *   G42 every-change      a leaf arrives whenever it has come further, not only when it is full
 *   G43 decide-quorum     no decision; full or not; with the members it accepts
 *   G44 owed-decision     whoever meets a top that owes a decision writes it, the loser of the mark too
 *
 * A mark is settled members * 8 + bad ones. Faults: CRASH, DUP, LOST, LATE (a copy of a mark is applied again later), LOSS
 * with the sweeper; HANG = member 1 never answers. Not here: generations, packs, inner levels (tree3.pml).
 */
#ifndef N
#define N 3
#endif
#ifndef W
#define W 2
#endif
#ifndef QUORUM
#define QUORUM 0        /* 0: TOLERATE decides */
#endif
#ifndef TOLERATE
#define TOLERATE 0
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
#ifndef LATE
#define LATE 0
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef HANG
#define HANG 0
#endif
#ifndef FAILS
#define FAILS 1
#endif
#ifndef MUST_FAIL
#define MUST_FAIL 0     /* 1: member 0 fails */
#endif
#if LOSS > 0 && !defined(M_NO_SWEEPER)
#define SWEEPER
#endif

#define NL ((N + 1) / 2)
#define CB N
#define NODES (N + 1)
#define ABSENT 0
#define LEASED 1
#define SUCC   2
#define FAIL   3
#define NOBODY 7

#define leaf(x)     ((x) / 2)
#define two(l)      (2 * (l) + 1 < N)
#define size(l)     (1 + two(l))
#define done(x)     (st[x] == SUCC || st[x] == FAIL)
#define live(x)     (st[x] == LEASED && !over[x])
#define settled(l)  (done(2 * (l)) + (two(l) && done((2 * (l) + 1) % NODES)))
#define bad(l)      ((st[2 * (l)] == FAIL) + (two(l) && st[(2 * (l) + 1) % NODES] == FAIL))
#define value(l)    (settled(l) * 8 + bad(l))
#define full(l, v)  ((v) / 8 == size(l))
#define sSum        (mark[0] / 8 + (NL > 1) * (mark[1 % NL] / 8))
#define bSum        (mark[0] % 8 + (NL > 1) * (mark[1 % NL] % 8))
#define topFull     (topRem == 0)
#define owesCall    (QUORUM > 0 && dec == 0 && sSum - bSum >= QUORUM)
#define owesError   (dec == 0 && ((QUORUM > 0 && bSum > N - QUORUM) || (QUORUM == 0 && !topFull && bSum > TOLERATE)))
#define isCall      (dec == 1 || (QUORUM == 0 && dec == 0 && topFull && bSum <= TOLERATE))
#define isError     (dec == 2 || (QUORUM == 0 && dec == 0 && topFull && bSum > TOLERATE))
#define bits        (done(0) + 2 * done(1) + 4 * (N > 2 && done(2 % NODES)) + 8 * (N > 3 && done(3 % NODES)))
#define goods(b)    (((b) & 1 && st[0] == SUCC) + ((b) & 2 && st[1] == SUCC) + ((b) & 4 && st[2 % NODES] == SUCC) + ((b) & 8 && st[3 % NODES] == SUCC))
#define fin         (hs != 0)

byte st[NODES], ow[NODES];
bit  over[NODES];
byte mark[NL], topRem = NL, dec, accepted;
byte hs;                                /* head: 0 RUNNING, 1 SUCCEEDED, 2 FAILED */
byte vis[NODES], hid[NODES], holds[W + 1];
byte crash = CRASH, copies = DUP, lost = LOST, late = LATE, loss = LOSS, fails = FAILS;
byte lateLeaf, lateValue;               /* a mark on its way */
bit  called, failed;                    /* ghosts: decisions ever seen */
byte input;                             /* ghost: what the callback's first attempt got */

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi
#define avail(i)  (vis[i] > 0 || (hid[i] > 0 && !live(i)))
#define RX(i)     :: (i) < NODES && avail((i) % NODES) -> t = i

inline send(i) { if :: vis[i] < 2 -> vis[i]++ :: else fi }
inline note() {
  if :: isCall -> called = 1 :: else fi;
  if :: isError -> failed = 1 :: else fi;
  assert(!(called && failed));
  assert(topRem == !full(0, mark[0]) + (NL > 1 && !full(1, mark[1 % NL])))
}
inline put(l, v) {
  if
#ifdef M_BLIND_MARKS
  :: true
#else
  :: mark[l] < v                                                        /* G40 */
#endif
     -> mark[l] = v;
        if :: full(l, v) -> topRem-- :: else fi;                        /* G41 */
        won = 1; note()
  :: else -> won = 0
  fi
}
inline claim(x) {
  assert(!done(x));
  if :: x == CB ->
        assert(isCall);
#ifdef M_ACCEPTED_UNSTORED
        if :: QUORUM > 0 -> accepted = bits :: else fi;
#endif
        assert(QUORUM == 0 || goods(accepted) >= QUORUM);
        assert(QUORUM == 0 || input == 0 || input == accepted);         /* every attempt sees the same */
        input = accepted
     :: else fi;
  st[x] = LEASED; ow[x] = me; over[x] = 0
}

proctype worker(byte me) {
  byte t, x, v, acc;
  bit won;
idle:
  atomic {
    if
    :: fin -> goto stop
    RX(0) RX(1) RX(2) RX(3) RX(4)
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1; x = t
  }
take:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: done(x) -> skip
       :: st[x] == LEASED && ow[x] == me -> skip
       :: st[x] == ABSENT || (st[x] == LEASED && ow[x] != me && over[x]) -> claim(x)   /* G1, G3 */
       :: live(x) && ow[x] != me -> goto giveBack
       fi;
       REPEAT(take)
     }
  fi;
commit: /* G4; the image tells how far the leaf is */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == LEASED && ow[x] == me ->
          if
          :: !(MUST_FAIL && x == 0) -> st[x] = SUCC
          :: x < N && fails > 0 && (!MUST_FAIL || x == 0) -> fails--; st[x] = FAIL
          fi
       :: else
       fi;
       REPEAT(commit);
       if :: !done(x) -> goto giveBack :: else fi;
       if :: x == CB -> goto succeed :: else fi;
       v = value(leaf(x) % NL);
#ifdef M_FULL_LEAVES_ONLY
       if :: !full(leaf(x) % NL, v) -> goto ack :: else fi
#endif
     }
  fi;
arrive: /* G42 */
  if
  MAYDIE
  :: atomic { skip;
       put(leaf(x) % NL, v);
       if :: atomic { late > 0 -> late--; lateLeaf = leaf(x); lateValue = v } :: skip fi;
       REPEAT(arrive);
#ifdef M_LOSER_RETURNS
       if :: !won -> goto ack :: else fi;
#endif
       if                                                               /* G44 */
       :: owesCall -> goto gather
       :: owesError -> skip
       :: isCall -> goto call
       :: isError -> goto failRun
       :: else -> goto ack
       fi
     }
  fi;
decide: /* G28, G43 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: dec == 0 && (QUORUM > 0 || !topFull) -> dec = 2; note()
       :: else
       fi;
       REPEAT(decide);
       if :: isCall -> goto call :: isError -> goto failRun fi
     }
  fi;
gather: /* reads the leaves: what is settled by now */
  if
  MAYDIE
  :: atomic { skip; acc = bits }
  fi;
accept: /* G43 */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_QUORUM_BLIND
       :: true
#elif defined(M_QUORUM_NOT_FULL)
       :: dec == 0 && !topFull
#else
       :: dec == 0
#endif
          -> dec = 1; accepted = acc; note()
       :: else
       fi;
       REPEAT(accept);
       if :: isCall -> goto call :: isError -> goto failRun :: else -> goto ack fi
     }
  fi;
call: /* G8 */
  if
  MAYDIE
  :: atomic { skip; if :: st[CB] == ABSENT || (st[CB] == LEASED && over[CB]) -> send(CB) :: else fi; goto ack }
  fi;
failRun: /* G11 */
  if
  MAYDIE
  :: atomic { skip; assert(isError); if :: hs == 0 -> hs = 2 :: else fi; goto ack }
  fi;
succeed: /* G11 */
  if
  MAYDIE
  :: atomic { skip; assert(isCall && st[CB] == SUCC); if :: hs == 0 -> hs = 1 :: else fi }
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
    holds[me] = 0; t = 0; x = 0; v = 0; acc = 0; won = 0;
    goto idle
  };
stop: skip
}

#define EXPIRE(y) :: atomic { !fin && (y) < NODES && live((y) % NODES) && ow[(y) % NODES] == NOBODY -> over[(y) % NODES] = 1 }
#define COPY(i)   :: atomic { !fin && (i) < NODES && copies > 0 && vis[(i) % NODES] > 0 -> copies--; vis[(i) % NODES]++ }
#define LOSE(i)   :: atomic { !fin && (i) < NODES && loss > 0 && vis[(i) % NODES] + hid[(i) % NODES] > 0 -> loss--; \
                     if :: vis[(i) % NODES] > 0 -> vis[(i) % NODES]-- :: else -> hid[(i) % NODES]-- fi }
proctype world() {
  bit won;
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3) EXPIRE(4)
  COPY(0) COPY(1) COPY(2) COPY(3) COPY(4)
  LOSE(0) LOSE(1) LOSE(2) LOSE(3) LOSE(4)
  :: atomic { !fin && lateValue > 0 -> put(lateLeaf, lateValue); lateValue = 0; lateLeaf = 0; won = 0 }
  :: fin -> break
  od
}

#ifdef SWEEPER
/* "too long": no copy anywhere. Write and send are two steps. */
#define quiet(i)  (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[2 % (W + 1)] != (i) + 1)
#define SEND(y)   :: atomic { !fin && (y) < N && !(HANG && (y) == 1) && !done((y) % NODES) && !live((y) % NODES) && quiet((y) % NODES) -> s = (y); goto out }
#define FURTHER(l) :: atomic { !fin && (l) < NL && mark[(l) % NL] < value((l) % NL) -> put((l) % NL, value((l) % NL)) }
proctype sweeper() {
  byte s, acc;
  bit won;
visit:
  if
  SEND(0) SEND(1) SEND(2) SEND(3)
  FURTHER(0) FURTHER(1)
#ifndef M_DECISION_NOT_SWEPT
  :: atomic { !fin && owesCall -> acc = bits; dec = 1; accepted = acc; acc = 0; note() }
  :: atomic { !fin && owesError -> dec = 2; note() }
#endif
  :: atomic { !fin && isCall && !done(CB) && !live(CB) && quiet(CB) -> s = CB; goto out }
  :: atomic { !fin && st[CB] == SUCC -> hs = 1 }
  :: atomic { !fin && isError -> hs = 2 }
  :: fin -> goto stop
  fi;
  won = 0;
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
    do :: i < N -> if :: HANG && i == 1 -> skip :: else -> vis[i] = 1 fi; i++ :: else -> break od;
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
ltl ends { <> (hs != 0) }
#endif
