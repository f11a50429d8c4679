/*
 * chord.pml -- one chord: N members in leaves, a top item into which the decision is folded,
 * a callback with a slot of its own, the run's head.
 *
 * Purpose: message + conditional writes alone (and with LOSS > 0 the sweeper) bring the run to its end,
 * the callback is decided once and never early. One atomic step = one store or queue call.
 *
 * Guards
 *   G1  claim-absent      slot absent or queued as seen
 *   G2  claim-waiting     slot waiting, same dispatch
 *   G3  claim-expired     lease over, exactly that lease, not a newer dispatch
 *   G4  commit-mine       slot leased by me (owner ids are new for each delivery)
 *   G5  wait-mine         as G4; remaining untouched
 *   G6  arrive-unmarked   mark of the child absent
 *   G7  carry-own         successor is carried only by the delivery whose own commit and own arrivals filled the join
 *                         (-DM_WINNER_CARRIES: whose own write completed the join)
 *   G8  look-first        a loser reads the successor's slot before it sends
 *   G9  discharge-own     what a message may end in, own column
 *   G10 discharge-driver  the same, driver column; waiting: send that dispatch
 *                         (-DM_DRIVER_DROPS_WAITING: discharged without sending)
 *   G11 head-running      head: end only while RUNNING, callback slot terminal
 *   G12 sweep-exact       every repair names the state seen in the one item it writes
 *
 * Faults, each a budget: CRASH (any step), DUP (extra copy), REDEL (visible again while its worker runs),
 * LOST (write applied, reply lost, SDK repeats it), PAUSE (lease runs out under a living owner), FAIL (retryable
 * failure), LOSS (a message vanishes), EARLY (sweeper re-sends though nothing is lost), HAND (receives run short).
 * A delete removes the worker's own copy only, or the message with every copy (stale receipts may delete).
 *
 * Not here: generations, failures that stay, clocks (a lease is live or over), head reads.
 */
#ifndef N
#define N 2             /* members */
#endif
#ifndef PER
#define PER 1           /* members per leaf, 1 or 2 */
#endif
#ifndef W
#define W 2             /* workers */
#endif
#ifndef PACK
#define PACK 0          /* 1: one message per leaf */
#endif
#ifndef DMAX
#define DMAX 2          /* dispatches told apart */
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef DUP
#define DUP 0
#endif
#ifndef REDEL
#define REDEL 0
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef PAUSE
#define PAUSE 0
#endif
#ifndef FAIL
#define FAIL 0
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef EARLY
#define EARLY 0
#endif
#ifndef HAND
#define HAND 0
#endif
#ifndef INLINE
#define INLINE 1        /* 0: never carry */
#endif
#if LOSS + EARLY > 0 && !defined(M_NO_SWEEPER)
#define SWEEPER
#endif

#define NL   ((N + PER - 1) / PER)
#define CB   N                          /* the callback's node number */
#define MAXT 16
#define NT   ((N + 1) * DMAX)

#define ABSENT  0
#define QUEUED  1
#define LEASED  2
#define WAITING 3
#define TERM    4
#define NOBODY  7

#define leaf(x)   ((x) / PER)
#define first(x)  (leaf(x) * PER)
#define last(x)   (first(x) + (PER - 1) * (first(x) + PER - 1 < N))
/* token of node x, dispatch e; a pack is named by its first member */
#define tok(x, e) (((x) - (PACK && (e) == 1 && (x) < N) * ((x) % PER)) * DMAX + (e) - 1)

byte st[N + 1], ow[N + 1], car[N + 1], disp[N + 1];
bit  over[N + 1];                       /* the lease's end has passed */
byte rem[NL], topRem = NL;
bit  mark[NL];
bit  ended;

byte vis[MAXT], hid[MAXT];              /* copies visible; copies returned or delayed until the lease at hand is over */
byte sent[MAXT];                        /* messages ever sent with this token: 0, 1, many */
byte holds[W];                          /* token + 1 a worker holds */
bit  stale[W], gone[W];                 /* receipt superseded; copy deleted by another receipt */

byte crash = CRASH, copies = DUP, redel = REDEL, lost = LOST, pauses = PAUSE, fail = FAIL, loss = LOSS, early = EARLY, hand = HAND;
byte decided;                           /* ghost: writes that made the join decided */

#define live(x)     (st[x] == LEASED && !over[x])
#define blocked(i)  (live((i) / DMAX) || (PACK && (i) % DMAX == 0 && (i) / DMAX < N && live(last((i) / DMAX))))
#define avail(i)    ((i) < NT && (vis[i] > 0 || (hid[i] > 0 && !blocked(i))))
#define topFull     ((NL == 1 && rem[0] == 0) || (NL > 1 && topRem == 0))
#define open(l)     ((st[(l) * PER] != TERM) + (last((l) * PER) != (l) * PER && st[last((l) * PER)] != TERM))
#define allSettled  (open(0) == 0 && (NL < 2 || open(1 % NL) == 0) && (NL < 3 || open(2 % NL) == 0))

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE      :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l)   if :: atomic { lost > 0 -> lost--; goto l } :: skip fi

inline send(i) {
  if :: vis[i] < 3 -> vis[i]++ :: else fi;                  /* more copies add nothing */
  if :: sent[i] < 2 -> sent[i]++ :: else fi
}
inline sendLater(i) {
  if :: hid[i] < 3 -> hid[i]++ :: else fi;
  if :: sent[i] < 2 -> sent[i]++ :: else fi
}

/* one claim; carrier = the token in hand */
inline claim(x) {
  assert(st[x] != TERM);
  assert(st[x] != LEASED || over[x]);                     /* never from under a live owner */
  assert(x != CB || (topFull && allSettled));             /* never early */
  st[x] = LEASED; ow[x] = me; car[x] = t; over[x] = 0
}

/* own column for node x, on the image that the claim returned (G1-G3, G9) */
inline ownRow(x) {
  if
  :: st[x] == TERM -> skip                                              /* drive on */
  :: st[x] == ABSENT || st[x] == QUEUED -> if :: disp[x] < e -> disp[x] = e :: else fi; claim(x)   /* G1 */
  :: st[x] == WAITING && disp[x] == e -> claim(x)                       /* G2 */
  :: st[x] == WAITING && disp[x] != e ->
#ifndef M_NO_RESEND
     again = again | (1 << (x))
#else
     skip
#endif
  :: st[x] == LEASED && ow[x] == me -> skip
  :: st[x] == LEASED && ow[x] != me && disp[x] > e -> skip              /* superseded */
  :: st[x] == LEASED && ow[x] != me && disp[x] <= e && over[x] -> claim(x)      /* G3 */
  :: st[x] == LEASED && ow[x] != me && disp[x] <= e && !over[x] ->
#ifdef M_ACK_FOREIGN
     skip
#elif defined(M_CLAIM_BLIND)
     claim(x)
#else
     if
     :: atomic { hand > 0 -> hand--; over2 = 1 }                        /* receives run short: hand over */
     :: ret = 1
     fi
#endif
  fi
}

/* driver column for the callback (G10): sets callout = what to send */
inline driverRow() {
  if
  :: st[CB] == TERM -> skip
  :: st[CB] == ABSENT || (st[CB] == LEASED && over[CB] && ow[CB] != me) -> callout = 1
  :: st[CB] == QUEUED -> skip
  :: st[CB] == LEASED && ow[CB] == me -> skip
  :: live(CB) && ow[CB] != me && car[CB] != t -> skip
  :: live(CB) && ow[CB] != me && car[CB] == t ->
#ifndef M_NO_HANDOVER
     callout = 2
#else
     skip
#endif
  :: st[CB] == WAITING ->
#ifdef M_DRIVER_DROPS_WAITING
     skip
#else
     callout = 1
#endif
  fi
}

proctype worker(byte me) {
  byte t, x, hi, e, again, callout;
  bit ret, over2, filled, won, own;
idle:
  atomic {
    if
    :: ended -> goto stop
    :: avail(0) -> t = 0
    :: avail(1) -> t = 1
    :: avail(2) -> t = 2
    :: avail(3) -> t = 3
    :: avail(4) -> t = 4
    :: avail(5) -> t = 5
    :: avail(6) -> t = 6
    :: avail(7) -> t = 7
    :: avail(8) -> t = 8
    :: avail(9) -> t = 9
    :: avail(10) -> t = 10
    :: avail(11) -> t = 11
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1; e = t % DMAX + 1; x = t / DMAX;
    hi = x; if :: PACK && e == 1 && x < N -> hi = last(x) :: else fi
  }

take: /* one write claims the pack; its image decides the rest */
  if
  MAYDIE
  :: atomic { skip;
       ret = 0; again = 0; over2 = 0;
       ownRow(x);
       if :: hi != x -> ownRow(hi) :: else fi;
       filled = (x == CB && st[CB] == TERM) || (x != CB && rem[leaf(x) % NL] == 0);
       REPEAT(take)
     }
  fi;

commit: /* slot by slot */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_BLIND_DECREMENT
       :: x != CB -> rem[leaf(x) % NL]--; st[x] = TERM; filled = rem[leaf(x) % NL] == 0; won = filled; own = filled
#else
       :: st[x] == LEASED && ow[x] == me && x != CB ->                  /* G4 */
          if
          :: rem[leaf(x) % NL]--; st[x] = TERM; ow[x] = 0; car[x] = 0; filled = rem[leaf(x) % NL] == 0; won = filled; own = filled;
             if :: NL == 1 && won -> decided++ :: else fi
          :: fail > 0 && disp[x] < DMAX -> fail--; st[x] = WAITING; disp[x]++; ow[x] = 0; car[x] = 0; again = again | (1 << x)   /* G5 */
          fi
#endif
       :: st[x] == LEASED && ow[x] == me && x == CB ->
          if
          :: st[x] = TERM; ow[x] = 0; car[x] = 0; filled = 1
          :: fail > 0 && disp[x] < DMAX -> fail--; st[x] = WAITING; disp[x]++; ow[x] = 0; car[x] = 0; again = again | (1 << x)
          fi
       :: !(st[x] == LEASED && ow[x] == me) ->                          /* lost, or nothing to commit: drive on from the image */
#ifdef M_LOSER_RETURNS
          filled = 0;
#else
          filled = (x == CB && st[CB] == TERM) || (x != CB && rem[leaf(x) % NL] == 0); won = 0;
          if
          :: st[x] == LEASED && disp[x] <= e && ow[x] != me && !over2 -> 
#ifndef M_ACK_FOREIGN
             ret = 1
#else
             skip
#endif
          :: st[x] == WAITING && disp[x] > e ->
#ifndef M_NO_RESEND
             again = again | (1 << x)
#else
             skip
#endif
          :: else
          fi
#endif
       fi;
       assert(x == CB || rem[leaf(x) % NL] == open(leaf(x) % NL));      /* remaining = open slots */
       REPEAT(commit);
       if :: x < hi -> x++; goto commit :: else fi
     }
  fi;
#ifdef M_ACK_BEFORE_SEND
  if :: atomic { !ret && !stale[me] -> holds[me] = 0; gone[me] = 1 } :: else fi;
#endif

resend: /* waiting slots: send their dispatch before anything is acknowledged */
  if
  MAYDIE
  :: atomic { again & (1 << x) -> again = again & ~(1 << x); send(tok(x, disp[x])); goto resend }
  :: atomic { !(again & (1 << x)) && again -> x--; goto resend }
  :: atomic { over2 -> over2 = 0; sendLater(t); goto resend }
  :: atomic { !again && !over2 ->
       if
       :: !filled -> goto ack
       :: filled && hi == CB -> goto finish
       :: filled && hi != CB -> skip
       fi
     }
  fi;

#if NL > 1
arrive: /* G6: the last arrival is the decision */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_ARRIVE_BLIND
       :: true
#else
       :: !mark[leaf(hi) % NL]
#endif
          -> mark[leaf(hi) % NL] = 1; topRem--; won = topRem == 0;
          if :: won -> decided++; assert(decided == 1) :: else fi
       :: else -> won = 0;
#ifdef M_LOSER_RETURNS_TOP
          goto ack
#endif
       fi;
       assert(topRem == NL - (mark[0] + (NL > 1) * mark[1 % NL] + (NL > 2) * mark[2 % NL]));
       REPEAT(arrive);
       if :: topRem > 0 -> goto ack :: else fi
     }
  fi;
#endif

successor: /* decided callback */
  if
  MAYDIE
  :: atomic { skip;
       assert(topFull);
       callout = 0;
       if
#ifdef M_LOSER_CARRIES
       :: INLINE && (st[CB] == ABSENT || st[CB] == QUEUED) -> claim(CB)
#else
#ifdef M_WINNER_CARRIES
       :: INLINE && won && (st[CB] == ABSENT || st[CB] == QUEUED) -> claim(CB)
#else
       :: INLINE && won && own && (st[CB] == ABSENT || st[CB] == QUEUED) -> claim(CB)                /* G7 */
#endif
#endif
       :: else -> driverRow()                                           /* G8 */
       fi;
       REPEAT(successor);
       if
       :: callout -> goto call
       :: !callout && st[CB] == TERM -> goto finish
       :: !callout && st[CB] == LEASED && ow[CB] == me -> goto carry
       :: else -> goto ack
       fi
     }
  fi;

carry:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[CB] == LEASED && ow[CB] == me ->                           /* G4 */
          if
          :: st[CB] = TERM; ow[CB] = 0; car[CB] = 0
          :: fail > 0 && disp[CB] < DMAX -> fail--; st[CB] = WAITING; disp[CB]++; ow[CB] = 0; car[CB] = 0; callout = 1
          fi
       :: else -> driverRow()
       fi;
       REPEAT(carry);
       if
       :: callout -> goto call
       :: !callout && st[CB] == TERM -> goto finish
       :: else -> goto ack
       fi
     }
  fi;

call: /* send the callback's own message, or hand it over (delayed) */
  if
  MAYDIE
  :: atomic { skip;
       assert(topFull && allSettled);
       if
       :: callout == 1 -> send(tok(CB, disp[CB]))
       :: callout == 2 -> sendLater(tok(CB, disp[CB]))
       fi;
       callout = 0; goto ack
     }
  fi;

finish: /* G11 */
  if
  MAYDIE
  :: atomic { skip; assert(st[CB] == TERM && allSettled); ended = 1 }
  fi;

ack:
  if
  MAYDIE
  :: atomic { skip;
#ifdef M_PARTIAL
       if :: ret && hi != t / DMAX && (st[t / DMAX] == TERM || st[hi] == TERM) -> ret = 0 :: else fi;
#endif
       if
       :: ret && !stale[me] && !gone[me] -> if :: hid[t] < 3 -> hid[t]++ :: else fi
       :: ret && (stale[me] || gone[me]) -> skip
       :: !ret ->
          if
          :: skip                                                       /* own copy only */
          :: atomic { sent[t] == 1 && (vis[t] + hid[t] > 0 || holds[0] == t + 1 || holds[1] == t + 1 || holds[W - 1] == t + 1) ->
               vis[t] = 0; hid[t] = 0;                                  /* the message with every copy */
               if :: me != 0 && holds[0] == t + 1 -> gone[0] = 1 :: else fi;
               if :: me != 1 && holds[1] == t + 1 -> gone[1] = 1 :: else fi;
#if W > 2
               if :: me != 2 && holds[2] == t + 1 -> gone[2] = 1 :: else fi;
#endif
             }
          fi
       fi;
       goto over_
     }
  fi;

dead:
  atomic { if :: !stale[me] && !gone[me] -> vis[t]++ :: else fi; goto over_ };

over_: /* this delivery's owner id will never be seen again */
  atomic {
    holds[me] = 0; stale[me] = 0; gone[me] = 0;
    x = 0;
    do :: x <= N -> if :: st[x] == LEASED && ow[x] == me -> ow[x] = NOBODY :: else fi; x++ :: else -> break od;
    t = 0; x = 0; hi = 0; e = 0; again = 0; callout = 0; ret = 0; over2 = 0; filled = 0; won = 0; own = 0
  };
  goto idle;
stop: skip
}

#define EXPIRE(x)  :: atomic { !ended && (x) <= N && live((x) % (N + 1)) && (ow[(x) % (N + 1)] == NOBODY || pauses > 0) -> \
                       if :: ow[(x) % (N + 1)] != NOBODY -> pauses-- :: else fi; over[(x) % (N + 1)] = 1 }
#define AGAIN(w)   :: atomic { !ended && (w) < W && redel > 0 && holds[(w) % W] && !stale[(w) % W] && !gone[(w) % W] -> \
                       redel--; stale[(w) % W] = 1; vis[holds[(w) % W] - 1]++ }
#define COPY(i)    :: atomic { !ended && (i) < NT && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
#define LOSE(i)    :: atomic { !ended && (i) < NT && loss > 0 && (vis[i] + hid[i] > 0) -> loss--; \
                       if :: vis[i] > 0 -> vis[i]-- :: else -> hid[i]-- fi }
#define PURGE(w)   :: atomic { !ended && (w) < W && loss > 0 && holds[(w) % W] && !gone[(w) % W] -> loss--; gone[(w) % W] = 1 }

proctype world() {
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3)
#if REDEL > 0
  AGAIN(0) AGAIN(1) AGAIN(2)
#endif
#if DUP > 0
  COPY(0) COPY(1) COPY(2) COPY(3) COPY(4) COPY(5) COPY(6) COPY(7) COPY(8)
#endif
#if LOSS > 0
  LOSE(0) LOSE(1) LOSE(2) LOSE(3) LOSE(4) LOSE(5) LOSE(6) LOSE(7) LOSE(8)
  PURGE(0) PURGE(1) PURGE(2)
#endif
  :: ended -> break
  od
}

#ifdef SWEEPER
/* "too long": no copy anywhere; or EARLY. Write and send are two steps, a crash between them loses the send. */
#define quiet(i)   (vis[i] == 0 && hid[i] == 0 && holds[0] != (i) + 1 && holds[1 % W] != (i) + 1 && holds[2 % W] != (i) + 1)
#define due(i)     (quiet(i) || early > 0)
#define spend(i)   if :: !quiet(i) -> early-- :: else fi
#define ready(x)   ((x) < N || topFull)
#define SW(x, y) \
  :: atomic { !ended && (x) <= N && ready(x) && (st[y] == ABSENT || st[y] == QUEUED) && due(tok(y, disp[y])) -> \
       spend(tok(y, disp[y])); st[y] = QUEUED; s = y; goto out } \
  :: atomic { !ended && (x) <= N && st[y] == WAITING && due(tok(y, disp[y])) -> \
       spend(tok(y, disp[y])); st[y] = QUEUED; s = y; goto out } \
  :: atomic { !ended && (x) <= N && st[y] == LEASED && over[y] && disp[y] < DMAX -> \
       st[y] = WAITING; ow[y] = 0; car[y] = 0; over[y] = 0; disp[y]++; s = y; goto out } \
  :: atomic { !ended && (x) <= N && st[y] == LEASED && over[y] && disp[y] == DMAX && quiet(tok(y, disp[y])) -> s = y; goto out }
#define CLIMB(l)   :: atomic { !ended && NL > 1 && (l) < NL && rem[(l) % NL] == 0 && !mark[(l) % NL] -> mark[(l) % NL] = 1; topRem--; \
                       if :: topRem == 0 -> decided++; assert(decided == 1) :: else fi }
proctype sweeper() {
  byte s;
visit:
  if
  SW(0, 0) SW(1, 1) SW(2, 2) SW(3, 3 % (N + 1))
  CLIMB(0) CLIMB(1) CLIMB(2)
  :: atomic { !ended && st[CB] == TERM -> ended = 1 }
  :: ended -> goto stop
  fi;
  goto visit;
out:
  if
  MAYDIE
  :: atomic { skip; send(tok(s, disp[s])); s = 0; goto visit }
  fi;
dead: atomic { s = 0; goto visit };
stop: skip
}
#endif

init {
  atomic {
    byte i = 0;
    do :: i <= N -> disp[i] = 1; i++ :: else -> break od;
    i = 0;
    do :: i < NL -> rem[i] = last(i * PER) - i * PER + 1; i++ :: else -> break od;
    i = 0;
    do :: i < N -> vis[tok(i, 1)] = 1; sent[tok(i, 1)] = 1; i++ :: else -> break od;
    i = 0;
    do :: i < W -> run worker(i); i++ :: else -> break od;
    run world();
#ifdef SWEEPER
    run sweeper();
#endif
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> ended }
#endif
