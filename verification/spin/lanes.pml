/*
 * lanes.pml -- bounded concurrency: units of S members in L lanes, without a counter.
 *
 * Purpose: of each lane at most one unit is under way, so never more than S * L members run; a lane goes on whoever dies,
 * past units that were settled before their turn, and stops when nobody waits for its members.
 *
 * Guards
 *   G1 claim-absent   G3 claim-expired   G4 commit-mine   G8 look-first   G12 settle-as-seen (a revoke)
 *   G50 lane-goes-on      the whole unit is settled; the loser of its last commit goes on too
 *   G51 released          only a message of the unit goes on from it; a revoke looks at the whole lane instead
 *   G52 skip-settled      the next unit is the next open one
 *   G53 lane-awaited      not after the decision
 *   G54 sweep-front       released is a lane's first open unit, and nothing after it
 *   G55 release-first     a release starts each lane at its first open unit, in a new generation too
 *
 * Faults: CRASH, DUP, LOST, LOSS with the sweeper; REVOKE = units settled by others at any time, before their turn too;
 * DECIDE = the join may be decided at any time; KEPT = a later generation, in which any units have succeeded already.
 * Not here: arrivals (chord.pml), who decides (counting.pml).
 */
#ifndef U
#define U 4             /* units */
#endif
#ifndef S
#define S 1             /* members of a unit, 1 or 2 */
#endif
#ifndef L
#define L 2             /* lanes */
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
#ifndef LOSS
#define LOSS 0
#endif
#ifndef REVOKE
#define REVOKE 0
#endif
#ifndef DECIDE
#define DECIDE 0
#endif
#ifndef KEPT
#define KEPT 0
#endif
#if LOSS > 0 && !defined(M_NO_SWEEPER)
#define SWEEPER
#endif

#define N (U * S)
#define ABSENT 0
#define LEASED 1
#define TERM   2
#define NOBODY 7
#define last(u)     ((u) * S + S - 1)
#define live(x)     (st[x] == LEASED && !over[x])
#define settled(u)  (st[(u) * S] == TERM && st[last(u)] == TERM)
#define begun(u)    (st[(u) * S] == LEASED || st[last(u)] == LEASED)
#define held(u)     (live((u) * S) || live(last(u)))
#define isOpen(u)   ((u) < U && !settled((u) % U))
#define before(u)   (((u) < L || settled(((u) - L) % U)) && ((u) < 2 * L || settled(((u) - 2 * L) % U)) && ((u) < 3 * L || settled(((u) - 3 * L) % U)))
#define allDone     (settled(0) && settled(1 % U) && settled(2 % U) && settled(3 % U) && settled(4 % U))
#define fin         (allDone || dec)

byte st[N], ow[N];
bit  over[N], dec;
byte vis[U], hid[U], holds[W + 1];
byte crash = CRASH, copies = DUP, lost = LOST, loss = LOSS, revokes = REVOKE, decides = DECIDE;

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi
#define RX(i)     :: (i) < U && (vis[(i) % U] > 0 || (hid[(i) % U] > 0 && !held((i) % U))) -> t = (i) % U

inline send(u) { if :: vis[u] < 2 -> vis[u]++ :: else fi }
inline claim(x) {
  assert(st[x] != TERM && before(x / S));
  assert(x / S + L >= U || !begun((x / S + L) % U));                    /* one unit of a lane */
  st[x] = LEASED; ow[x] = me; over[x] = 0
}
/* the next open unit of the lane of u, from u on */
inline ahead(u) {                                                       /* G52 */
  n = u;
#ifndef M_NO_SKIP
  do :: n < U && settled(n % U) -> n = n + L :: else -> break od
#endif
}

proctype worker(byte me) {
  byte t, x, n;
  bit own, untouched;
idle:
  atomic {
    if
    :: fin -> goto stop
    RX(0) RX(1) RX(2) RX(3) RX(4)
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1; x = t * S
  }
take: /* one write for the unit */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: held(t) && !((live(x) && ow[x] == me) || (live(last(t)) && ow[last(t)] == me)) -> goto giveBack
       :: else ->
          if :: st[x] == ABSENT || (st[x] == LEASED && over[x]) -> claim(x) :: else fi;        /* G1, G3 */
          if :: S > 1 && (st[last(t)] == ABSENT || (st[last(t)] == LEASED && over[last(t)])) -> claim(last(t)) :: else fi
       fi;
       REPEAT(take)
     }
  fi;
commit: /* G4: member by member */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == LEASED && ow[x] == me -> st[x] = TERM; ow[x] = 0; own = 1
       :: else -> own = 0
       fi;
       REPEAT(commit);
       if :: st[x] == LEASED -> goto giveBack :: else fi;
#ifdef M_PART_OF_UNIT
       goto look
#else
       if :: x < last(t) -> x++; goto commit :: else fi
#endif
     }
  fi;
#ifndef M_PART_OF_UNIT
  if
  :: atomic { !settled(t) -> goto ack }
  :: atomic { settled(t) -> skip }                                      /* G50 */
  fi;
#endif
#ifdef M_LOSER_RETURNS
  if :: atomic { !own -> goto ack } :: atomic { own -> skip } fi;
#endif
look: /* G53: the decision, then the units ahead */
  if
  MAYDIE
  :: atomic { skip;
#ifndef M_AFTER_DECISION
       if :: dec -> goto ack :: else fi;
#endif
       ahead(t + L);
#ifdef M_PART_OF_UNIT
       if :: n >= U && x < last(t) -> x++; goto commit :: else fi;
#endif
       if :: n >= U -> goto ack :: else fi;
       untouched = st[(n * S) % N] == ABSENT && st[last(n) % N] == ABSENT;
       assert(!dec)
     }
  fi;
go: /* the winner sends at once what nobody has touched; everybody else looks first (G8) */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: own && untouched -> send(n % U)
       :: else -> if :: isOpen(n) && !held(n % U) -> send(n % U) :: else fi
       fi;
#ifdef M_PART_OF_UNIT
       if :: x < last(t) -> x++; goto commit :: else fi
#endif
     }
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
    do :: x < N -> if :: st[x] == LEASED && ow[x] == me -> ow[x] = NOBODY :: else fi; x++ :: else -> break od;
    holds[me] = 0; t = 0; x = 0; n = 0; own = 0; untouched = 0;
    goto idle
  };
stop: skip
}

#if REVOKE > 0
/* settles a unit by request, then looks at its lane; the request comes back when its delivery dies */
#define PICK(u)   :: (u) < U && !settled((u) % U) -> t = (u) % U
proctype revoker() {
  byte t, n;
wait:
  atomic {
    if
    :: fin || revokes == 0 -> goto stop
    :: !fin && revokes > 0 -> revokes--; if PICK(0) PICK(1) PICK(2) PICK(3) PICK(4) fi
    fi
  };
settle: /* G12 */
  if
  MAYDIE
  :: atomic { skip; st[t * S] = TERM; st[last(t)] = TERM; ow[t * S] = 0; ow[last(t)] = 0;
       REPEAT(settle) }
  fi;
front: /* G51: the first open unit of its lane, whatever that is */
  if
  MAYDIE
  :: atomic { skip;
#ifdef M_REVOKE_RELEASES
       ahead(t + L)
#else
       ahead(t % L)
#endif
       ;
       if :: n < U && !dec && !held(n % U) -> skip :: else -> t = 0; n = 0; goto wait fi }
  fi;
go:
  if
  MAYDIE
  :: atomic { skip; if :: isOpen(n) && !held(n % U) -> send(n % U) :: else fi; t = 0; n = 0; goto wait }
  fi;
dead: goto settle;
stop: skip
}
#endif

#define EXPIRE(y) :: atomic { !fin && (y) < N && live((y) % N) && ow[(y) % N] == NOBODY -> over[(y) % N] = 1 }
#define COPY(i)   :: atomic { !fin && (i) < U && copies > 0 && vis[(i) % U] > 0 -> copies--; vis[(i) % U]++ }
#define LOSE(i)   :: atomic { !fin && (i) < U && loss > 0 && vis[(i) % U] + hid[(i) % U] > 0 -> loss--; if :: vis[(i) % U] > 0 -> vis[(i) % U]-- :: else -> hid[(i) % U]-- fi }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3) EXPIRE(4) EXPIRE(5) EXPIRE(6) EXPIRE(7)
  COPY(0) COPY(1) COPY(2) COPY(3) COPY(4)
  LOSE(0) LOSE(1) LOSE(2) LOSE(3) LOSE(4)
  :: atomic { decides > 0 && !fin -> decides--; dec = 1 }
  :: fin -> break
  od
}

#ifdef SWEEPER
/* "too long": no copy anywhere */
#define quiet(i)  (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[2 % (W + 1)] != (i) + 1)
#ifdef M_SWEEP_BEFORE_TURN
#define front(u)  (1)
#else
#define front(u)  before(u)                                             /* G54 */
#endif
#define SEND(u)   :: atomic { !fin && isOpen(u) && front(u) && !held((u) % U) && quiet((u) % U) -> s = (u) % U; goto out }
proctype sweeper() {
  byte s;
visit:
  if
  SEND(0) SEND(1) SEND(2) SEND(3) SEND(4)
  :: fin -> goto stop
  fi;
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
    byte i = 0, n = 0;
    do
    :: i < N && KEPT -> if :: st[i] = TERM; st[i + S - 1] = TERM :: skip fi; i = i + S
    :: i >= N || !KEPT -> break
    od;
    i = 0;
    do                                                                  /* G55 */
    :: i < L ->
#ifdef M_KEPT_FROM_START
       n = i;
#else
       ahead(i);
#endif
       if :: isOpen(n) -> vis[n % U] = 1 :: else fi;                    /* a release looks, and sends nothing of what is settled */
       i++
    :: else -> break
    od;
#ifdef M_ALL_AT_ONCE
    i = 0;
    do :: i < U -> vis[i] = 1; i++ :: else -> break od;
#endif
    i = 0;
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
#if REVOKE > 0
    run revoker();
#endif
    run world();
#ifdef SWEEPER
    run sweeper();
#endif
    i = 0; n = 0
  }
}

#ifdef LIVE
ltl ends { <> fin }
#endif
