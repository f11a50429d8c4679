/*
 * generation.pml -- a fail-fast chord in two or more leaves, its top, callback, error branch; retry raises the head's
 * generation and opens again what the old one has left (one step reads, a later step writes); so does the sweeper.
 *
 * Purpose: nothing of generation 1 (worker, message, late copy of a write) has an effect in generation 2; the callback
 * is decided once per generation and never early; a live lease is never taken over before its end; the run ends.
 *
 * Guards
 *   G7  carry-own         (-DCARRY=1) the callback runs inline where own commit and own arrival filled the join
 *   G8  look-first        look at the callback's slot, then send
 *   G11 end-running       head: end only while RUNNING, of that generation
 *   G20 head-guard        normal nodes claim only on a head read RUNNING of their generation; the error branch on FAILED
 *   G21 same-generation   every item write: item absent or of my generation; newer -> I am stale, acknowledge
 *   G22 older-returns     an older item that has something to open is not touched: the message comes back
 *   G23 reopen-as-seen    generation, remaining AND every slot it changes as seen   (-DM_REOPEN_SLOTS_UNSEEN: without the slots)
 *   G24 reopen-recount    remaining is the literal recount; successes stay; a live lease becomes waiting until its end
 *   G25 reopen-after-end  an error branch is reopened whole, successes too           (-DM_ERROR_BRANCH_KEPT: kept)
 *   G26 reopen-top        decided callback: all stays; else good marks stay, the decision goes
 *   G27 retry-names-g     retry raises from the generation it names, once; same request again drives on
 *   G28 decide-open       error decision: no decision and not full
 *   G29 refuse-busy       retry refused while the old error branch is at work
 *   G30 fence-top-first   the top is reopened (made if absent) before any leaf; decided callback: nothing below is reopened
 *                         (-DM_TOP_NOT_FENCED: leaves first; -DM_FENCE_UNAWAITED: with the leaves in one batch)
 *   G33 sweep-older       sweeper: opens what the retry, or a late first write of the old generation, has left older
 *
 * Faults: CRASH, DUP (copy of a message), PAUSE (lease ends under a living owner), LATE (network copy of a write is
 * applied again later), LOST (reply lost), LOSS (a message vanishes, the retry's too), RETRIES (different retry requests).
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
#define CRASH 0
#endif
#ifndef DUP
#define DUP 0
#endif
#ifndef PAUSE
#define PAUSE 0
#endif
#ifndef LATE
#define LATE 0
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef LOSS
#define LOSS 0
#endif
#ifndef CARRY
#define CARRY 0         /* 1: the callback may be carried */
#endif
#ifndef FAILS
#define FAILS 1         /* member failures in all generations together */
#endif
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef ONERR
#define ONERR 0
#endif
#ifndef ALLSETTLED
#define ALLSETTLED 0    /* 1: failures are within policy, the callback takes them */
#endif
#ifndef DEADLINE
#define DEADLINE 0      /* 1: the run's deadline may end generation 1 at any time */
#endif

#define NL ((N + PER - 1) / PER)
#define CB N
#define ER (N + 1)
#define NODES (N + 2)
#define NI (NL + 2)                     /* items with slots: leaves, callback, error branch */
#define item(x)  ((x < N) * ((x) / PER) + (x == CB) * NL + (x == ER) * (NL + 1))
#define first(i) ((i < NL) * (i) * PER + (i == NL) * CB + (i == NL + 1) * ER)
#define two(i)   (PER == 2 && i < NL && (i) * PER + 1 < N)     /* leaf of two members */
#define NTOK (NODES * 4)
#define RT   NTOK                       /* retry requests RT, RT + 1 */
#define tok(gen, x, d) ((((gen) - 1) * NODES + (x)) * 2 + (d) - 1)

#define ABSENT  0
#define LEASED  1
#define WAITING 2
#define SUCC    3
#define FAIL    4
#define RUNNING 0
#define FAILED  1
#define DONE    2
#define NOBODY  7

byte hg = 1, hs, raisedBy;              /* head */
byte ig[NI], rem[NI];                   /* items: generation (0 absent), remaining */
byte st[NODES], at[NODES], dd[NODES], ow[NODES];
bit  over[NODES];                       /* end of the latest lease has passed */
bit  busy[NODES];                       /* ghost: that lease is unexpired and its owner has not finished */
byte topg, topRem = NL, mark[NL];       /* mark: 1 good, 2 with failures */
bit  dec;                               /* explicit error decision */
byte made[NODES];                       /* ghost: generation of an outcome */
byte wins[3];                           /* ghost: callback decisions per generation */

byte vis[NTOK + 2], hid[NTOK + 2];
byte crash = CRASH, loss = LOSS, copies = DUP, pauses = PAUSE, late = LATE, lost = LOST, fails = FAILS, timer = DEADLINE, asked;
byte carrier = 255;                     /* token of the message under which the callback was claimed */
bit  refused;                           /* a retry was refused while the error branch was at work */
byte holds[W + 1];
byte lk, lgen, lx, la, lo;              /* pending late write: kind, generation, node or leaf, attempt, outcome */

#define terminal(x) (st[x] == SUCC || st[x] == FAIL)
#define open1(x)    (!terminal(x))
#define openOf(i)   (open1(first(i)) + (two(i) && open1((first(i) + 1) % NODES)))
#define badOf(i)    (st[first(i)] == FAIL || (two(i) && st[(first(i) + 1) % NODES] == FAIL))
#define good(x)     (st[x] == SUCC || (ALLSETTLED && st[x] == FAIL))
#define allSucc     (good(0) && good(1) && (N < 3 || good(2 % N)))
#define badTop      (!ALLSETTLED && anyBad)
#define anyBad      (mark[0] == 2 || mark[1] == 2 || (NL > 2 && mark[2 % NL] == 2))
#define errSettled  (!ONERR || (ig[NL + 1] == hg && terminal(ER) && made[ER] == hg))   /* it ran in this generation */
#define fin         (hs == DONE || (hs == FAILED && errSettled && (hg == 2 || RETRIES == 0)))
/* items that hold something to open again */
#define opens(x)    (st[x] != SUCC || (x) == ER)
#define reopens(i)  (opens(first(i)) || (two(i) && opens((first(i) + 1) % NODES)))
#define keptTop     (topRem == 0 && !dec && !badTop)
#define owed(i)     (ig[i] != 0 && ig[i] < hg && reopens(i) && ((i) >= NL || !keptTop))
#define genOf(i)    ((i) / (NODES * 2) + 1)
#define itemOf(i)   (item(((i) / 2) % NODES))
#define blocked(i)  ((i) < NTOK && ((CARRY && ((genOf(i) == hg && owed(NL)) || (carrier == (i) && st[CB] == LEASED && !over[CB]))) || (genOf(i) == hg && owed(itemOf(i))) || (st[((i) / 2) % NODES] == LEASED || st[((i) / 2) % NODES] == WAITING) && !over[((i) / 2) % NODES]))
#define avail(i)    ((i) < NTOK + 2 && (vis[i] > 0 || (hid[i] > 0 && !blocked(i))))

#ifdef M_NO_G
#define stale(i)    (0)
#define older(i)    (0)
#define mineG(i)    (1)
#define fitsTop     (1)
#define SETG(i)     if :: ig[i] == 0 -> ig[i] = g :: else fi
#define staleTop    (0)
#define olderTop    (0)
#define SETTOP      if :: topg == 0 -> topg = g :: else fi
#else
#define stale(i)    (ig[i] > g)
#define older(i)    (ig[i] != 0 && ig[i] < g && reopens(i))
#define mineG(i)    (ig[i] == g)
#define SETG(i)     ig[i] = g                                           /* G21 */
#define staleTop    (topg > g)
#define olderTop    (topg != 0 && topg < g)
#define SETTOP      topg = g
#define fitsTop     (topg == 0 || topg == g)
#endif

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi
#define COPYOF(k, gg, x, a, o) if :: atomic { late > 0 -> late--; lk = k; lgen = gg; lx = x; la = a; lo = o } :: skip fi
#define RX(i) :: avail(i) -> t = i

inline send(i) { if :: vis[i] < 2 -> vis[i]++ :: else fi }
inline claim(x) {
  assert(x != CB || wins[g] == 1);                                      /* never early: see wins */
  assert(st[x] != SUCC);
  assert(!busy[x]);                                                     /* S15: not before the end of a live lease */
  SETG(item(x));
  if :: dd[x] < d -> dd[x] = d :: else fi;
  st[x] = LEASED; at[x]++; myat = at[x]; ow[x] = me; over[x] = 0; busy[x] = 1;
  if :: CARRY && x == CB -> carrier = t :: else fi
}
/* image of item i for a reopening */
inline look(i) {
  old = ig[i]; iRem = rem[i];
  s0 = st[first(i)]; a0 = at[first(i)]; v0 = over[first(i)];
  if :: two(i) -> s1 = st[(first(i) + 1) % NODES]; a1 = at[(first(i) + 1) % NODES]; v1 = over[(first(i) + 1) % NODES] :: else fi
}
inline slot(x, s, v) {                                                  /* G24, G25 */
  if
#ifdef M_ERROR_BRANCH_KEPT
  :: s == SUCC -> skip
#else
  :: s == SUCC && x != ER -> skip
#endif
  :: (s == LEASED || s == WAITING) && !v -> st[x] = WAITING; dd[x] = 2; iNew++
  :: else -> st[x] = ABSENT; dd[x] = 0; iNew++
  fi
}
inline freshTop() {                                                     /* G26 */
  if
#ifndef M_TOP_NOT_FENCED
  :: topRem == 0 && !dec && !badTop -> wins[g]++
#endif
  :: else ->
     if :: mark[0] == 2 -> mark[0] = 0 :: else fi;
     if :: mark[1] == 2 -> mark[1] = 0 :: else fi;
     if :: NL > 2 && mark[2 % NL] == 2 -> mark[2 % NL] = 0 :: else fi;
     topRem = (mark[0] == 0) + (mark[1] == 0) + (NL > 2 && mark[2 % NL] == 0);
     dec = 0;
     if :: topRem == 0 -> wins[g]++ :: else fi
  fi;
  topg = g
}
/* what an item is opened to, from what was seen of it */
inline openItem(i) {
  iNew = 0;
  slot(first(i), s0, v0);
  if :: two(i) -> slot((first(i) + 1) % NODES, s1, v1) :: else fi;
  ig[i] = g; rem[i] = iNew;
  assert(rem[i] == openOf(i))
}
inline forget() { old = 0; iRem = 0; iNew = 0; s0 = 0; s1 = 0; a0 = 0; a1 = 0; v0 = 0; v1 = 0 }
#ifdef M_REOPEN_SLOTS_UNSEEN
#define asSeen(i) (ig[i] == old && rem[i] == iRem)
#else
#define asSeen(i) (ig[i] == old && rem[i] == iRem && st[first(i)] == s0 && at[first(i)] == a0 && \
                   (!two(i) || (st[(first(i) + 1) % NODES] == s1 && at[(first(i) + 1) % NODES] == a1)))
#endif

proctype worker(byte me) {
  byte t, g, x, d, it, myat, old, iRem, iNew, s0, s1, a0, a1, tg, tr, l;
  bit v0, v1, ok, filled, bad, own, rt;
idle:
  atomic {
    if
    :: fin -> goto stop
    RX(0) RX(1) RX(2) RX(3) RX(4) RX(5) RX(6) RX(7) RX(8) RX(9) RX(10) RX(11) RX(12) RX(13) RX(14) RX(15) RX(16) RX(17) RX(18) RX(19)
    RX(20) RX(21)
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1;
    if :: t >= RT -> goto retry :: else fi;
    g = t / (NODES * 2) + 1; x = (t / 2) % NODES; d = t % 2 + 1; it = item(x)
  }

headRead:
  if
  MAYDIE
  :: atomic { skip;
       if :: hg > g -> goto ack :: else fi;                             /* stale message */
       ok = (x != ER && hs == RUNNING) || (x == ER && hs == FAILED)     /* G20 */
     }
  fi;

take:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: stale(it) -> goto ack                                         /* G21 */
       :: older(it) -> goto giveBack                                    /* G22 */
       :: else ->
          if
          :: terminal(x) -> filled = rem[it] == 0; bad = badOf(it); own = 0; goto drive
          :: st[x] == ABSENT && ok -> COPYOF(1, g, x, d, 0); claim(x); REPEAT(take)
          :: st[x] == ABSENT && !ok -> goto ack
          :: st[x] == WAITING && dd[x] > d -> send(tok(g, x, dd[x])); goto ack
          :: st[x] == WAITING && dd[x] <= d && !over[x] -> goto giveBack
          :: st[x] == WAITING && dd[x] <= d && over[x] && ok -> claim(x)
          :: st[x] == WAITING && dd[x] <= d && over[x] && !ok -> goto ack
          :: st[x] == LEASED && ow[x] == me -> skip
          :: st[x] == LEASED && ow[x] != me && dd[x] > d -> goto ack
          :: st[x] == LEASED && ow[x] != me && dd[x] <= d && !over[x] -> goto giveBack
          :: st[x] == LEASED && ow[x] != me && dd[x] <= d && over[x] && ok -> claim(x)
          :: st[x] == LEASED && ow[x] != me && dd[x] <= d && over[x] && !ok -> goto ack
          fi
       fi
     }
  fi;

commit:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: mineG(it) && st[x] == LEASED && at[x] == myat ->
          if
          :: st[x] = SUCC
          :: x < N && fails > 0 -> fails--; st[x] = FAIL
          fi;
          SETG(it); rem[it]--; busy[x] = 0; ow[x] = 0; made[x] = g; own = 1;
          assert(ig[it] == g || ig[it] == 0);                           /* no outcome of an older generation in a newer item */
          COPYOF(2, g, x, myat, st[x])
       :: else ->
          if :: at[x] == myat -> busy[x] = 0 :: else fi;                /* task body over, outcome refused */
          if :: stale(it) || older(it) -> goto ack :: else fi
       fi;
       assert(rem[it] == openOf(it));
       REPEAT(commit);
       if :: !terminal(x) -> goto giveBack :: else fi;
       filled = rem[it] == 0; bad = badOf(it)
     }
  fi;

drive:
  if
  :: atomic { x == CB -> goto endRun }
  :: atomic { x == ER -> goto ack }
  :: atomic { x < N && st[x] == FAIL && !rt && !ALLSETTLED -> goto decide }
  :: atomic { x < N && !(st[x] == FAIL && !rt && !ALLSETTLED) -> if :: filled -> goto arrive :: else -> goto ack fi }
  fi;

decide: /* G28 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: staleTop -> goto ack
       :: olderTop -> goto giveBack
       :: else ->
          if
          :: !dec && topRem > 0 -> dec = 1; SETTOP; COPYOF(4, g, 0, 0, 0)
          :: else -> assert(dec || badTop)
          fi
       fi
     }
  fi;

failRun:
  if
  MAYDIE
  :: atomic { skip; if :: hg == g && hs == RUNNING -> hs = FAILED :: else fi }
  fi;
callErr: /* look, then send */
  if
  MAYDIE
  :: atomic { skip;
#ifndef M_NO_ONERR_RESEND
       if :: ONERR && hg == g && hs == FAILED && (ig[NL + 1] < g || st[ER] == ABSENT) -> send(tok(g, ER, 1)) :: else fi;
       if :: ONERR && hg == g && hs == FAILED && ig[NL + 1] == g && st[ER] == WAITING -> send(tok(g, ER, dd[ER])) :: else fi;
#endif
       if :: filled && x < N -> skip :: else -> goto ack fi
     }
  fi;

arrive:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: staleTop -> goto ack
       :: olderTop -> goto giveBack
       :: else ->
          if
          :: mark[it] == 0 ->
             mark[it] = 1 + bad; topRem--; SETTOP; COPYOF(3, g, it, bad, 0);
             if :: topRem == 0 && !dec && !badTop -> wins[g]++; assert(wins[g] == 1 && allSucc) :: else fi
          :: else -> own = 0
          fi
       fi;
       assert(topRem == (mark[0] == 0) + (mark[1] == 0) + (NL > 2 && mark[2 % NL] == 0));
       REPEAT(arrive);
       if
       :: topRem > 0 && !dec -> goto ack
       :: dec || (topRem == 0 && badTop) -> filled = 0; goto failRun     /* the same list, from the decision on */
       :: else
       fi
     }
  fi;
#if CARRY > 0
carry: /* G7: own commit, own arrival */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: stale(NL) -> goto ack
       :: older(NL) -> goto giveBack
       :: else
       fi;
       if
       :: own && ok && !rt && st[CB] == ABSENT -> d = 1; x = CB; it = NL; own = 0; claim(CB); goto commit
       :: else
       fi
     }
  fi;
#endif

call: /* decided callback: look, then send */
  if
  MAYDIE
  :: atomic { skip;
       if :: CARRY && !rt && carrier == t && st[CB] == LEASED && !over[CB] && ow[CB] != me -> goto giveBack :: else fi;
       if :: CARRY && st[CB] == SUCC -> goto endRun :: else fi;          /* carried and settled: drive on */
       if :: ig[NL] < g || st[CB] == ABSENT || (st[CB] == LEASED && over[CB]) -> send(tok(g, CB, 1)) :: else fi;
       if :: st[CB] == WAITING -> send(tok(g, CB, dd[CB])) :: else fi;
       goto ack
     }
  fi;

endRun:
  if
  MAYDIE
  :: atomic { skip; if :: hg == g && hs == RUNNING -> assert(allSucc && st[CB] == SUCC);
       assert(made[0] <= made[CB] && made[1] <= made[CB] && made[2 % N] <= made[CB]);   /* the callback saw what is stored */
       hs = DONE :: else fi; goto ack }
  fi;

reopen: /* G23 */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_REOPEN_BLIND
       :: true -> openItem(it)
#else
       :: asSeen(it) -> openItem(it)
#endif
       :: else
       fi;
       forget();
       goto again
     }
  fi;

retry: /* G29: a look at the error branch */
  if
  MAYDIE
  :: atomic { skip; g = 2; l = 0; rt = 1; ok = !(st[ER] == LEASED && !over[ER]) }
  fi;
raise: /* G27 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: hg == 1 && hs == FAILED && ok -> hg = 2; hs = RUNNING; raisedBy = t
       :: hg == 2 && raisedBy == t && hs == RUNNING -> skip
       :: hg == 1 && hs == FAILED && !ok -> rt = 0; refused = 1; goto ack
       :: else -> rt = 0; goto ack
       fi;
       ok = 0;
       REPEAT(raise)
     }
  fi;
#ifdef M_TOP_NOT_FENCED
  goto again;
#endif
fence: /* G30: reads the top */
  if
  MAYDIE
  :: atomic { skip; tg = topg; tr = topRem;
#ifdef M_FENCE_UNAWAITED
       if :: tg < 2 && owed(0) -> look(0); ok = 1 :: else fi
#endif
     }
  fi;
#ifdef M_FENCE_UNAWAITED
  if
  MAYDIE
  :: atomic { skip; if :: ok && asSeen(0) -> openItem(0) :: else fi; forget(); ok = 0 }
  fi;
#endif
fenced: /* writes it as seen */
  if
  MAYDIE
  :: atomic { skip;
       if :: tg < 2 && topg == tg && topRem == tr -> freshTop() :: else fi;
       tg = 0; tr = 0;
       if :: topg < 2 -> goto fence :: else fi
     }
  fi;
again: /* items that are still older, one after the other */
  if
  MAYDIE
  :: atomic { skip;
       it = 0;
       do :: it < NI && !(ig[it] == 1 && owed(it)) -> it++ :: else -> break od;
       if :: it < NI -> look(it % NI); goto reopen :: else -> it = 0 fi;
       if :: topg < 2 -> goto fence :: else fi;
       if :: keptTop -> l = NL; goto call :: else fi
     }
  fi;
visit: /* leaf l: reopen if older, climb if full, send what is open */
  if
  MAYDIE
  :: atomic { skip;
       it = l; x = first(l);
       if :: owed(it) -> goto again :: else fi;
       if
       :: rem[it] == 0 -> filled = 1; bad = badOf(it); if :: bad && !ALLSETTLED -> goto decide :: else -> goto arrive fi
       :: else ->
          if :: ig[it] == 0 || st[first(it)] == ABSENT -> send(tok(2, first(it), 1))
             :: ig[it] == 2 && st[first(it)] == WAITING -> send(tok(2, first(it), dd[first(it)]))
             :: else fi;
          if :: two(it) && (ig[it] == 0 || st[(first(it) + 1) % NODES] == ABSENT) -> send(tok(2, (first(it) + 1), 1))
             :: two(it) && ig[it] == 2 && st[(first(it) + 1) % NODES] == WAITING -> send(tok(2, (first(it) + 1), dd[(first(it) + 1) % NODES]))
             :: else fi
       fi
     }
  fi;

ack: /* own copy deleted; the retry goes on with the next leaf */
  atomic { if :: rt && l + 1 < NL -> l++; filled = 0; bad = 0; goto visit :: else -> goto over_ fi };
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
    holds[me] = 0;
    do :: x < NODES -> if :: ow[x] == me -> ow[x] = NOBODY :: else fi; x++ :: else -> break od;
    t = 0; g = 0; x = 0; d = 0; it = 0; myat = 0; old = 0; iRem = 0; iNew = 0; s0 = 0; s1 = 0; a0 = 0; a1 = 0; tg = 0; tr = 0; l = 0;
    v0 = 0; v1 = 0; ok = 0; filled = 0; bad = 0; own = 0; rt = 0;
    goto idle
  };
stop: skip
}

#define EXPIRE(y) :: atomic { !fin && (y) < NODES && (st[(y) % NODES] == LEASED || st[(y) % NODES] == WAITING) && !over[(y) % NODES] && \
                     (ow[(y) % NODES] == NOBODY || pauses > 0) -> \
                     if :: ow[(y) % NODES] != NOBODY -> pauses-- :: else fi; over[(y) % NODES] = 1; busy[(y) % NODES] = 0 }
#define COPY(i)   :: atomic { !fin && (i) < NTOK + 2 && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }

/* a request to retry that is lost before it is taken up is its sender's to repeat */
#define LOSE(i)   :: atomic { !fin && (i) < NTOK + 2 && ((i) < RT || hg == 2) && loss > 0 && vis[i] + hid[i] > 0 -> loss--; if :: vis[i] > 0 -> vis[i]-- :: else -> hid[i]-- fi }
proctype world() {
  byte g, x, d, me = NOBODY, myat, t = 255;
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3) EXPIRE(4)
#if DUP > 0
  COPY(0) COPY(2) COPY(4) COPY(8) COPY(10) COPY(12) COPY(14) COPY(16) COPY(RT)
#endif
  :: atomic { timer > 0 && hg == 1 && hs == RUNNING -> timer--; hs = FAILED }
  :: atomic { hs == FAILED && hg == 1 && (asked < RETRIES || (refused && errSettled)) -> if :: asked == RETRIES -> asked-- :: else fi; refused = 0; vis[RT + asked]++; asked++ }
#if LOSS > 0
  LOSE(0) LOSE(2) LOSE(4) LOSE(6) LOSE(8) LOSE(9) LOSE(10) LOSE(11) LOSE(12) LOSE(13) LOSE(14) LOSE(15) LOSE(RT)
#endif
#if LATE > 0
  :: atomic { lk == 1 && !fin -> g = lgen; x = lx; d = la;              /* claim, first */
       if :: (mineG(item(x)) || ig[item(x)] == 0) && st[x] == ABSENT -> claim(x) :: else fi; lk = 0; g = 0; x = 0; d = 0; myat = 0 }
  :: atomic { lk == 2 && !fin -> g = lgen; x = lx;                      /* commit */
       if :: mineG(item(x)) && st[x] == LEASED && at[x] == la -> st[x] = lo; rem[item(x)]--; assert(ig[item(x)] == g) :: else fi; lk = 0; g = 0; x = 0 }
  :: atomic { lk == 3 && !fin -> g = lgen; x = lx;                      /* arrive */
       if
       :: fitsTop && mark[x] == 0 -> mark[x] = 1 + la; topRem--; SETTOP;
          if :: topRem == 0 && !dec && !badTop -> wins[g]++; assert(wins[g] == 1 && allSucc) :: else fi
       :: else fi; lk = 0; g = 0; x = 0 }
  :: atomic { lk == 4 && !fin -> g = lgen;                              /* decide */
       if :: fitsTop && !dec && topRem > 0 -> dec = 1; SETTOP :: else fi; lk = 0; g = 0 }
#endif
  :: fin -> break
  od
}

#ifndef M_NO_SWEEPER
/* reads, then writes as seen; with LOSS also what the messages would have brought about ("too long": no copy anywhere) */
#define quiet(i)  (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[2 % (W + 1)] != (i) + 1)
#define mine(x)   tok(hg, x, 1 + (dd[x] == 2))
#define idleSlot(x) (!owed(item(x)) && (ig[item(x)] == hg || ig[item(x)] == 0) && !terminal(x) && (st[x] == ABSENT || over[x]) && quiet(mine(x)))
#define topNow    (topg == hg || (topg == 0 && hg == 1))
#define isErr     (dec || (topRem == 0 && badTop))
#define LEFT(i)   :: atomic { !fin && hg == 2 && topg == 2 && (i) < NI && ig[(i) % NI] == 1 && owed((i) % NI) -> it = (i) % NI; look(it); goto open }
#define SENDS(x)  :: atomic { !fin && (x) < N && hs == RUNNING && !keptTop && topNow && idleSlot((x) % NODES) -> send(mine((x) % NODES)) }
#define CLIMB(l)  :: atomic { !fin && (l) < NL && rem[(l) % NI] == 0 && topNow && !owed((l) % NI) && mark[(l) % NL] == 0 && (ig[(l) % NI] == hg || !reopens((l) % NI)) -> \
                     g = hg; mark[(l) % NL] = 1 + badOf((l) % NI); topRem--; SETTOP; if :: topRem == 0 && !dec && !badTop -> wins[g]++; assert(wins[g] == 1 && allSucc) :: else fi }
#define FELL(x)   :: atomic { !fin && (x) < N && !ALLSETTLED && hs == RUNNING && st[(x) % NODES] == FAIL && ig[item((x) % NODES)] == hg && topNow && !dec && topRem > 0 -> g = hg; dec = 1; SETTOP }
proctype sweeper() {
  byte g = 2, it, old, iRem, iNew, s0, s1, a0, a1, tg, tr;
  bit v0, v1;
visit:
  if
  :: atomic { !fin && hg == 2 && topg < 2 -> tg = topg; tr = topRem; goto fence }
#ifndef M_OLDER_NOT_SWEPT
  LEFT(0) LEFT(1) LEFT(2) LEFT(3) LEFT(4)                               /* G33 */
#endif
#if LOSS > 0
  SENDS(0) SENDS(1) SENDS(2)
  CLIMB(0) CLIMB(1) CLIMB(2)
  FELL(0) FELL(1) FELL(2)
  :: atomic { !fin && hs == RUNNING && keptTop && topg == hg && idleSlot(CB) -> send(mine(CB)) }
  :: atomic { !fin && hs == RUNNING && keptTop && topg == hg && st[CB] == SUCC -> hs = DONE }
  :: atomic { !fin && hs == RUNNING && topg == hg && isErr -> hs = FAILED }
  :: atomic { !fin && ONERR && hs == FAILED && topg == hg && isErr && (idleSlot(ER) || ig[NL + 1] < hg) && quiet(mine(ER)) && !owed(NL + 1) -> send(mine(ER)) }
#endif
  :: fin -> goto stop
  fi;
  goto visit;
fence:
  atomic { skip; g = 2; if :: topg == tg && topRem == tr -> freshTop() :: else fi; tg = 0; tr = 0; goto visit };
open:
  atomic { skip; g = 2; if :: asSeen(it) -> openItem(it) :: else fi; forget(); it = 0; goto visit };
stop: skip
}
#endif

init {
  atomic {
    byte i = 0;
    do :: i < NL -> rem[i] = 1 + two(i); i++ :: else -> break od;
    rem[NL] = 1; rem[NL + 1] = 1;
    i = 0;
    do :: i < N -> vis[tok(1, i, 1)] = 1; i++ :: else -> break od;
    i = 0;
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
    run world();
#ifndef M_NO_SWEEPER
    run sweeper();
#endif
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> (hs == DONE || (hs == FAILED && hg == 2)) }
#endif
