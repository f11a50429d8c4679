/*
 * late.pml -- a retry while writes of the generation before are still on their way: they make an item that was not there after
 * the retry has opened what there was. Tasks 0 -> 1 -> end of the run; task 0 has succeeded or was revoked in generation 1.
 *
 * Purpose: no outcome of generation 1 but a success ends anything in generation 2; what has succeeded is not run again; no task
 * runs twice at once; the run ends.
 *
 * Guards
 *   G3 claim-expired   G4 commit-mine   G11 head-running   G20 head-runs   G21 fence   G22 not-older   G24 reopen: live leases
 *   G23 reopen-as-seen    generation and slot exactly as seen                  (-DM_REOPEN_BLIND)
 *   G33 older-swept       the sweeper opens what is left of generation 1       (-DM_OLDER_NOT_SWEPT)
 *   G34 late-opened       an end in an item of generation 1 that is no success is opened before anything follows from it: by
 *                         who looks at it before sending (-DM_LATE_BELIEVED), and by who is refused by it (-DM_SETTLED_KEPT);
 *                         a success is kept (-DM_SUCCESS_OPENED)
 *
 * Late writes: LATE ends of task 1 as revoked, from absent; an old worker that has read the head before the end, and claims,
 * runs and commits task 1 whenever it likes. Tasks succeed in generation 2. Not here: joins (generation.pml).
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
#ifndef LOSS
#define LOSS 0
#endif
#ifndef LATE
#define LATE 1
#endif
#ifndef OLD
#define OLD 1           /* an old worker */
#endif

#define ABSENT 0
#define LEASED 1
#define SUCC   2
#define FAIL   3        /* failed or revoked */
#define WAITING 4       /* for the end of a lease of generation 1 */
#define NOBODY 7
#define OLDONE 6
#define RT     2        /* token of the retry */

#define terminal(x) (st[x] == SUCC || st[x] == FAIL)
#define live(x)     (st[x] == LEASED && !over[x])
#define free(x)     (st[x] == ABSENT || ((st[x] == LEASED || st[x] == WAITING) && over[x]))
#define waits(x)    ((st[x] == LEASED || st[x] == WAITING) && !over[x])
#define older(x)    (ig[x] == 1)
#define fin         (hs == 2)

byte st[2], ow[2], ig[2];
bit  over[2];
byte hg = 1, hs = 1;                    /* head: 0 RUNNING, 1 FAILED, 2 SUCCEEDED */
byte vis[3], hid[3], holds[W + 1];
byte crash = CRASH, copies = DUP, loss = LOSS, late = LATE;
byte busy[2];                           /* ghost: bodies at work */
bit  won[2];                            /* ghost: a success was recorded */

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE(l) :: atomic { crash > 0 -> crash--; goto l }

inline send(i) { if :: vis[i] < 2 -> vis[i]++ :: else fi }
inline enter(x, g, me) {
  assert(busy[x] == 0 && !won[x]);
  st[x] = LEASED; ow[x] = me; over[x] = 0; ig[x] = g; busy[x]++
}
inline leave(x) { if :: busy[x] > 0 && ow[x] == me -> busy[x]-- :: else fi }

#define owed(x)   (ig[x] == 1 && st[x] != SUCC)
#ifdef M_SUCCESS_OPENED
#define opens(x)  (ig[x] == 1)
#else
#define opens(x)  owed(x)
#endif

/* one item of generation 1: what was read of it is taken away; a live lease is waited for (G24) */
inline open(x, s, o, v) {
  if
#ifdef M_REOPEN_BLIND
  :: true ->
#else
  :: ig[x] == 1 && st[x] == s && ow[x] == o && over[x] == v ->          /* G23 */
#endif
     ig[x] = 2;
     if :: s == LEASED && !v -> st[x] = WAITING :: else -> st[x] = ABSENT; ow[x] = 0; over[x] = 0 fi
  :: else
  fi
}

/* a visit of the whole run: read, then written as seen; the answer is looked at anew by whoever asked for it */
inline readRun() {
  s0 = st[0]; o0 = ow[0]; v0 = over[0]; s1 = st[1]; o1 = ow[1]; v1 = over[1]; w0 = opens(0); w1 = opens(1)
}
inline forget() { s0 = 0; o0 = 0; v0 = 0; s1 = 0; o1 = 0; v1 = 0; w0 = 0; w1 = 0 }
#define REOPEN(next) \
  if MAYDIE(dead) :: atomic { skip; readRun() } fi; \
  if MAYDIE(dead) :: atomic { skip; if :: w0 -> open(0, s0, o0, v0) :: else fi } fi; \
  if MAYDIE(dead) :: atomic { skip; if :: w1 -> open(1, s1, o1, v1) :: else fi; forget(); goto next } fi

proctype worker(byte me) {
  byte t, x, s0, o0, s1, o1;
  bit v0, v1, w0, w1, kept;
idle:
  atomic {
    if
    :: fin -> goto stop
    :: vis[0] > 0 -> vis[0]--; t = 0
    :: vis[1] > 0 -> vis[1]--; t = 1
    :: vis[RT] > 0 -> vis[RT]--; t = RT
    :: hid[0] > 0 && !waits(0) && !owed(0) -> hid[0]--; t = 0
    :: hid[1] > 0 && !waits(1) && !owed(1) -> hid[1]--; t = 1
    :: hid[RT] > 0 -> hid[RT]--; t = RT
    fi;
    holds[me] = t + 1; x = t % 2;
    if :: t == RT -> goto raise :: else fi
  }

take: /* G20, G22 */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: hg != 2 || hs != 0 -> goto ack
       :: else ->
          if
          :: !older(x) && free(x) -> enter(x, 2, me)                    /* G3 */
          :: !older(x) && waits(x) -> goto giveBack
          :: !older(x) && terminal(x) -> goto drive
          :: older(x) && !terminal(x) -> goto giveBack
          :: older(x) && terminal(x) ->                                 /* G34: a success is kept */
#ifdef M_SETTLED_KEPT
             goto drive
#else
             if :: st[x] == SUCC -> goto drive :: else fi;
             kept = 1
#endif
          fi
       fi
     }
  fi;
  if :: atomic { kept -> kept = 0 }; REOPEN(take) :: else fi;
commit: /* G4 */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: ig[x] == 2 && st[x] == LEASED && ow[x] == me -> leave(x); st[x] = SUCC; won[x] = 1; ow[x] = 0; over[x] = 0
       :: else -> goto giveBack
       fi
     }
  fi;

drive: /* what follows from an end */
  if
  MAYDIE(dead)
  :: atomic { skip;
       assert(hg == 1 || hs == 2 || !(terminal(x) && st[x] == FAIL));   /* nothing has failed in generation 2 */
       if :: x == 1 -> goto endRun :: else fi }
  fi;
look: /* the look before sending */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: older(1) && st[1] != SUCC && st[1] != ABSENT ->
#ifdef M_LATE_BELIEVED
          if :: terminal(1) -> x = 1; goto drive :: else -> goto ack fi
#else
          kept = 1
#endif
       :: !(older(1) && st[1] != SUCC && st[1] != ABSENT) ->
          if
          :: terminal(1) -> x = 1; goto drive
          :: live(1) -> goto ack
          :: !terminal(1) && !live(1) -> send(1); goto ack
          fi
       fi
     }
  fi;
  kept = 0;
  REOPEN(look);

endRun: /* G11 */
  if
  MAYDIE(dead)
  :: atomic { skip; if :: hg == 2 && hs == 0 -> assert(st[1] == SUCC && st[0] == SUCC); hs = 2 :: else fi; goto ack }
  fi;

raise: /* G27; then everything is opened that is there */
  if
  MAYDIE(dead)
  :: atomic { skip; if :: hg == 1 -> hg = 2; hs = 0 :: else fi }
  fi;
again:
  REOPEN(visit);
visit: /* what is open is sent, from the first task on */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: hs == 2 -> goto ack
       :: opens(0) && hs != 2 -> goto again
       :: !opens(0) && hs != 2 -> if :: st[0] == SUCC -> x = 0; goto drive :: else -> send(0); goto ack fi
       fi
     }
  fi;

ack:
  if
  MAYDIE(dead)
  :: atomic { skip; goto over_ }
  fi;
giveBack:
  if
  MAYDIE(dead)
  :: atomic { skip; if :: hid[t] < 2 -> hid[t]++ :: else fi; goto over_ }
  fi;
dead:
  atomic { if :: vis[t] < 2 -> vis[t]++ :: else fi };
over_:
  atomic {
    if :: ow[0] == me -> leave(0); ow[0] = NOBODY :: else fi;
    if :: ow[1] == me -> leave(1); ow[1] = NOBODY :: else fi;
    holds[me] = 0; t = 0; x = 0; kept = 0; forget();
    goto idle
  };
stop: skip
}

/* has read a RUNNING head of generation 1, and goes on whenever it likes; its writes are refused by newer items (G21) */
proctype oldWorker() {
  byte me = OLDONE;
  if
  :: atomic { ig[1] < 2 && st[1] == ABSENT && st[0] == SUCC && ig[0] == 1 -> enter(1, 1, me) }
  :: atomic { fin || ig[1] == 2 -> goto stop }
  fi;
  if
  :: atomic { skip; if :: ig[1] == 1 && st[1] == LEASED && ow[1] == me -> leave(1); ow[1] = 0; over[1] = 0;
                         if :: st[1] = SUCC; won[1] = 1 :: st[1] = FAIL fi
                      :: else -> leave(1) fi }
  :: atomic { skip; leave(1); if :: ow[1] == me -> ow[1] = NOBODY :: else fi }                /* dies */
  fi;
stop: skip
}

#define EXPIRE(x) :: atomic { !fin && waits(x) && (ow[x] == NOBODY || ow[x] == OLDONE) -> over[x] = 1; busy[x] = 0 }
#define COPY(i)   :: atomic { !fin && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
#define LOSE(i)   :: atomic { !fin && hg == 2 && loss > 0 && vis[i] + hid[i] > 0 -> loss--; if :: vis[i] > 0 -> vis[i]-- :: else -> hid[i]-- fi }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1)
#if DUP > 0
  COPY(0) COPY(1) COPY(RT)
#endif
#if LOSS > 0
  LOSE(0) LOSE(1)
#endif
  :: atomic { !fin && late > 0 && ig[1] < 2 && st[1] == ABSENT -> late--; ig[1] = 1; st[1] = FAIL }      /* G21 */
  :: fin -> break
  od
}

#ifndef M_OLDER_NOT_SWEPT
#define quiet(i) (vis[i] == 0 && hid[i] == 0 && holds[1] != (i) + 1 && holds[2 % (W + 1)] != (i) + 1 && holds[3 % (W + 1)] != (i) + 1)
proctype sweeper() {
  byte s0, o0, s1, o1;
  bit v0, v1, w0, w1;
visit:
  if
  :: atomic { !fin && hg == 2 && (opens(0) || opens(1)) -> skip }                             /* G33 */
#if LOSS > 0
  :: atomic { !fin && hg == 2 && hs == 0 && !older(0) && free(0) && quiet(0) && quiet(RT) -> send(0); goto visit }
  :: atomic { !fin && hg == 2 && hs == 0 && st[0] == SUCC && !older(1) && free(1) && quiet(0) && quiet(1) && quiet(RT) -> send(1); goto visit }
  :: atomic { !fin && hg == 2 && hs == 0 && st[0] == SUCC && st[1] == SUCC && quiet(0) && quiet(1) && quiet(RT) -> send(1); goto visit }
#endif
  :: fin -> goto stop
  fi;
  atomic { skip; readRun() };
  atomic { skip; if :: w0 -> open(0, s0, o0, v0) :: else fi; if :: w1 -> open(1, s1, o1, v1) :: else fi;
    forget() };
  goto visit;
stop: skip
}
#endif

init {
  atomic {
    ig[0] = 1;
    if :: st[0] = SUCC; won[0] = 1 :: st[0] = FAIL fi;
    vis[RT] = 1;
    byte i = 0;
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
#if OLD > 0
    run oldWorker();
#endif
    run world();
#ifndef M_OLDER_NOT_SWEPT
    run sweeper();
#endif
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> fin }
#endif
