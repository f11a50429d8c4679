/*
 * nested.pml -- a fail-fast chord of two members (with an error callback) inside an all-settled header whose other member is
 * a task. The inner chord feeds the outer header's slot by reference: nobody runs there, whoever drives the inner chord on
 * settles it.
 *
 * Purpose: the outer chord always comes to its callback, with one outcome of the inner one: its success, or the failure
 * that the header absorbs; the inner error callback is called for an error decision, and for nothing else.
 *
 * Guards
 *   G1 claim-absent   G3 claim-expired   G4 commit-mine   G6 arrive-unmarked   G8 look-first   G11 head-running
 *   G13 loser-drives-on   G28 decide-open
 *   G31 drive-failure     inner decision, then the slot that absorbs it, then the error callback; a loser goes on with that
 *   G32 sweep-failure     sweeper: a failure or decision whose target is not recorded -> drive it
 *   G60 settle-absorbed   the outer slot is settled from absent, by reference
 *
 * Nodes: 0, 1 inner members; 2 the inner callback; 3 its error callback; 4 the outer task; 5 the outer callback.
 * Faults: CRASH, DUP, LOST, LOSS with the sweeper.
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
#ifndef LOST
#define LOST 0
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef FAILS
#define FAILS 1         /* failures of inner members and the inner callback */
#endif
#ifndef ONE_SETTLED
#define ONE_SETTLED 0   /* 1: member 1 has succeeded and arrived: nobody else will drive the failure of member 0 */
#endif
#if LOSS > 0 && !defined(M_NO_SWEEPER)
#define SWEEPER
#endif

#define NODES 6
#define ICB 2
#define IER 3
#define OUT 4
#define OCB 5
#define ABSENT 0
#define LEASED 1
#define SUCC   2
#define FAIL   3
#define NOBODY 7
#define done(x)   (st[x] == SUCC || st[x] == FAIL)
#define live(x)   (st[x] == LEASED && !over[x])
#define full      (left == 0)
#define anyBad    (mark[0] == 2 || mark[1] == 2)
#define isError   (dec || (full && anyBad))
#define isCall    (!dec && full && !anyBad)
#define outerFull (outerLeft == 0)
#define fin       (hs == 1 && (!owesErr || done(IER)))
/* an error callback is owed by an error decision of the inner chord; its callback's failure owes none */
#define owesErr   isError

byte st[NODES], ow[NODES];
bit  over[NODES];
byte mark[2], left = 2, outerLeft = 2, hs;
bit  dec;                               /* explicit error decision of the inner chord */
byte inner;                             /* the outer header's slot of the inner chord: 0 absent, SUCC, FAIL */
bit  outerMark;                         /* the outer task's slot is counted */
byte vis[NODES], hid[NODES], holds[W + 1];
byte crash = CRASH, copies = DUP, lost = LOST, loss = LOSS, fails = FAILS;

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi
#define avail(i)  (vis[i] > 0 || (hid[i] > 0 && !live(i)))
#define RX(i)     :: avail(i) -> t = i

inline send(i) { if :: vis[i] < 2 -> vis[i]++ :: else fi }
inline claim(x) {
  assert(!done(x));
  assert(x != ICB || isCall);
  assert(x != IER || isError);
  assert(x != OCB || (outerFull && inner != 0 && done(OUT)));
  st[x] = LEASED; ow[x] = me; over[x] = 0
}
inline settleInner(o) {                                                 /* G60 */
  if
#ifdef M_SETTLE_BLIND
  :: true
#else
  :: inner == 0
#endif
     -> inner = o; outerLeft--
  :: else
  fi;
  assert(outerLeft == (inner == 0) + !outerMark)
}
inline decideError() {                                                  /* G28 */
  if :: !dec && !full -> dec = 1 :: else fi;
  assert(isError)
}

proctype worker(byte me) {
  byte t, x, o;
idle:
  atomic {
    if
    :: fin -> goto stop
    RX(0) RX(1) RX(2) RX(3) RX(4) RX(5)
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
       :: !done(x) && hs == 1 && x != IER -> goto ack
       :: st[x] == LEASED && ow[x] == me -> skip
       :: (hs == 0 || x == IER) && (st[x] == ABSENT || (st[x] == LEASED && ow[x] != me && over[x])) -> claim(x)   /* G1, G3 */
       :: (hs == 0 || x == IER) && live(x) && ow[x] != me -> goto giveBack
       fi;
       REPEAT(take)
     }
  fi;
commit: /* G4; the outer task's slot lies in the outer leaf: it is counted with it */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == LEASED && ow[x] == me ->
          if
          :: st[x] = SUCC
          :: x <= ICB && fails > 0 -> fails--; st[x] = FAIL
          fi;
          if :: x == OUT -> outerMark = 1; outerLeft-- :: else fi
       :: else
       fi;
       REPEAT(commit);
       if :: !done(x) -> goto giveBack :: else fi
     }
  fi;
drive:
  if
  :: atomic { x == IER -> goto ack }
  :: atomic { x == OCB -> goto succeed }
  :: atomic { x == OUT -> goto outer }
  :: atomic { x == ICB -> o = st[ICB]; goto absorb }                    /* its success or failure is the chord's */
  :: atomic { x < ICB && st[x] == FAIL -> goto decide }
  :: atomic { x < ICB && st[x] == SUCC -> goto arrive }
  fi;
decide: /* G31: decision, slot, error callback; then the leaf arrives */
  if
  MAYDIE
  :: atomic { skip; decideError(); REPEAT(decide) ; o = FAIL }
  fi;
absorb: /* G60 */
  if
  MAYDIE
  :: atomic { skip;
#ifndef M_NOT_ABSORBED
       settleInner(o);
#else
       if :: o == SUCC -> settleInner(o) :: else fi;
#endif
       REPEAT(absorb);
       if
       :: isError && x != ICB -> skip
       :: else -> goto outer
       fi
     }
  fi;
callErr:
  if
  MAYDIE
  :: atomic { skip;
#ifndef M_NO_ERROR_CALLBACK
       if :: st[IER] == ABSENT || (st[IER] == LEASED && over[IER]) -> send(IER) :: else fi;
#endif
       if :: x < ICB && st[x] == FAIL && mark[x] == 0 -> skip :: else -> goto outer fi
     }
  fi;
arrive: /* G6, G13 */
  if
  MAYDIE
  :: atomic { skip;
       if :: mark[x] == 0 -> mark[x] = 1 + (st[x] == FAIL); left-- :: else
#ifdef M_LOSER_RETURNS
          -> goto ack
#endif
       fi;
       REPEAT(arrive);
       if
       :: isError && st[x] == SUCC -> o = FAIL; goto absorb
       :: isError && st[x] == FAIL -> goto outer
       :: isCall -> skip
       :: !isError && !isCall -> goto ack
       fi
     }
  fi;
call: /* G8 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[ICB] == ABSENT || (st[ICB] == LEASED && over[ICB]) -> send(ICB); goto ack
       :: done(ICB) -> o = st[ICB]; x = ICB; goto absorb
       :: live(ICB) -> goto ack
       fi
     }
  fi;
outer: /* the outer top is full: its callback, whatever has failed below */
  if
  MAYDIE
  :: atomic { skip;
       if :: !outerFull -> goto ack :: else fi;
       if :: done(OCB) -> goto succeed :: else fi;
       if :: st[OCB] == ABSENT || (st[OCB] == LEASED && over[OCB]) -> send(OCB) :: else fi;
       goto ack
     }
  fi;
succeed: /* G11 */
  if
  MAYDIE
  :: atomic { skip; assert(inner != 0 && st[OCB] == SUCC); if :: hs == 0 -> hs = 1 :: else fi }
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
    holds[me] = 0; t = 0; x = 0; o = 0;
    goto idle
  };
stop: skip
}

#define EXPIRE(y) :: atomic { !fin && live(y) && ow[y] == NOBODY -> over[y] = 1 }
#define COPY(i)   :: atomic { !fin && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
#define LOSE(i)   :: atomic { !fin && loss > 0 && vis[i] + hid[i] > 0 -> loss--; if :: vis[i] > 0 -> vis[i]-- :: else -> hid[i]-- fi }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3) EXPIRE(4) EXPIRE(5)
  COPY(0) COPY(1) COPY(2) COPY(3) COPY(4) COPY(5)
  LOSE(0) LOSE(1) LOSE(2) LOSE(3) LOSE(4) LOSE(5)
  :: fin -> break
  od
}

#ifdef SWEEPER
/* "too long": no copy anywhere */
#define quiet(i)  (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[2 % (W + 1)] != (i) + 1)
#define open(y)   (!done(y) && !live(y) && quiet(y))
#define SEND(y)   :: atomic { !fin && hs == 0 && open(y) -> s = (y); goto out }
#define CLIMB(l)  :: atomic { !fin && done(l) && mark[l] == 0 -> mark[l] = 1 + (st[l] == FAIL); left-- }
#define FELL(l)   :: atomic { !fin && st[l] == FAIL && !dec && !full -> dec = 1 }
proctype sweeper() {
  byte s;
visit:
  if
  SEND(0) SEND(1) SEND(OUT)
  CLIMB(0) CLIMB(1)
  FELL(0) FELL(1)
  :: atomic { !fin && hs == 0 && isCall && open(ICB) -> s = ICB; goto out }
  :: atomic { !fin && isError && open(IER) -> s = IER; goto out }
  :: atomic { !fin && done(ICB) && inner == 0 -> settleInner(st[ICB]) }
#ifndef M_FAILURE_NOT_SWEPT
  :: atomic { !fin && isError && inner == 0 -> settleInner(FAIL) }      /* G32 */
#endif
  :: atomic { !fin && hs == 0 && outerFull && open(OCB) -> s = OCB; goto out }
  :: atomic { !fin && st[OCB] == SUCC && hs == 0 -> hs = 1 }
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
    vis[0] = 1; vis[OUT] = 1;
#if ONE_SETTLED > 0
    st[1] = SUCC; mark[1] = 1; left = 1;
#else
    vis[1] = 1;
#endif
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
    run world();
#ifdef SWEEPER
    run sweeper();
#endif
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> (hs == 1) }
#endif
