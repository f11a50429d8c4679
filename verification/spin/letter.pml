/*
 * letter.pml -- dead letters: tasks 0 -> 1 -> end of the run, with queues that give a message up after some receives, and a
 * handler of letters which looks and writes beside the workers. There is no sweeper.
 *
 * Purpose: a letter runs no code and takes nothing from a worker that is at work; what is done is driven on; what nobody holds
 * is dispatched anew, so often and no oftener; the messages and letters alone bring the run to its end.
 *
 * Guards
 *   G3 claim-expired   G4 commit-mine   G8 look-first   G9 own rows   G11 head-running
 *   G12 as-seen           a letter's write names exactly what it saw              (-DM_LETTER_BLIND)
 *   G80 letter-drives     the letter of a task that is done drives on             (-DM_LETTER_DROPS_DONE)
 *   G81 letter-resends    a later dispatch that waits is sent: who recorded it may have died (-DM_LETTER_DROPS_WAITING)
 *   G82 letter-waits      a live lease is waited for, so no healthy task is failed (-DM_LETTER_TAKES_LIVE)
 *   G83 letter-counts     a new dispatch counts as lost, is recorded before it is sent, and at the limit the task is settled
 *                         (-DM_LETTER_UNCOUNTED)
 *
 * R receives before a queue gives up: returns count as well as deaths. Faults: CRASH of workers and handler, DUP, POISON = task 1
 * kills every worker that runs it. Not here: packs, retries (chord.pml has hand-over), requests.
 */
#ifndef W
#define W 2
#endif
#ifndef R
#define R 2
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef DUP
#define DUP 0
#endif
#ifndef POISON
#define POISON 0
#endif
#define MAXLOST 2       /* lost attempts that are made good */
#define DMAX 4
#define TOKENS (2 * DMAX)
#define tok(x, d) ((x) * DMAX + (d) - 1)
#define ABSENT 0
#define LEASED 1
#define WAITING 2
#define SUCC   3
#define FAIL   4
#define NOBODY 7
#define HANDLER 6

#define terminal(x) (st[x] == SUCC || st[x] == FAIL)
#define live(x)     (st[x] == LEASED && !over[x])
#define fin         (hs != 0)

byte st[2], ow[2], dd[2], lc[2];        /* lc: lost attempts */
bit  over[2];
byte hs;                                /* head: 0 RUNNING, 1 SUCCEEDED, 2 FAILED */
byte vis[TOKENS], hid[TOKENS], got[TOKENS], dl[TOKENS];
byte crash = CRASH, copies = DUP;
byte busy[2];                           /* ghost: bodies at work */

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE :: atomic { crash > 0 -> crash--; goto dead }

inline send(i) {
  assert(i < TOKENS);
  if :: vis[i] + hid[i] == 0 -> got[i] = 0 :: else fi;
  if :: vis[i] < 2 -> vis[i]++ :: else fi
}
/* a message comes back: its queue gives it up after R receives */
inline back(i, waits) {
  got[i]++;
  if
  :: got[i] >= R -> got[i] = R; if :: dl[i] < 2 -> dl[i]++ :: else fi
  :: got[i] < R && waits -> if :: hid[i] < 2 -> hid[i]++ :: else fi
  :: got[i] < R && !waits -> if :: vis[i] < 2 -> vis[i]++ :: else fi
  fi
}
inline enter(x, d) { assert(busy[x] == 0 && !terminal(x)); st[x] = LEASED; ow[x] = me; over[x] = 0; busy[x]++;
  if :: dd[x] < d -> dd[x] = d :: else fi }
inline next(x) {
  if
  :: x == 0 && st[0] == SUCC ->
     if
     :: st[1] == ABSENT -> send(tok(1, 1)); x = 2
     :: st[1] == WAITING -> send(tok(1, dd[1])); x = 2
     :: st[1] == LEASED && over[1] -> send(tok(1, dd[1])); x = 2
     :: live(1) -> x = 2                                                 /* another holds it, by its own message */
     :: terminal(1) -> x = 1
     fi
  :: else
  fi
}
inline end(x) {
  if
  :: hs == 0 && st[x] == FAIL -> hs = 2
  :: hs == 0 && x == 1 && st[1] == SUCC -> hs = 1
  :: else
  fi
}

proctype worker(byte me) {
  byte t, x, d, i;
idle:
  atomic {
    i = 0;
    if
    :: fin -> goto stop
    :: !fin ->
       if
       :: vis[0] > 0 -> t = 0 :: vis[1] > 0 -> t = 1 :: vis[2] > 0 -> t = 2 :: vis[3] > 0 -> t = 3
       :: vis[4] > 0 -> t = 4 :: vis[5] > 0 -> t = 5 :: vis[6] > 0 -> t = 6 :: vis[7] > 0 -> t = 7
       :: vis[0] == 0 && hid[0] > 0 && !live(0) -> t = 0 :: vis[1] == 0 && hid[1] > 0 && !live(0) -> t = 1
       :: vis[2] == 0 && hid[2] > 0 && !live(0) -> t = 2 :: vis[3] == 0 && hid[3] > 0 && !live(0) -> t = 3
       :: vis[4] == 0 && hid[4] > 0 && !live(1) -> t = 4 :: vis[5] == 0 && hid[5] > 0 && !live(1) -> t = 5
       :: vis[6] == 0 && hid[6] > 0 && !live(1) -> t = 6 :: vis[7] == 0 && hid[7] > 0 && !live(1) -> t = 7
       :: fin -> goto stop
       fi
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    x = t / DMAX; d = t % DMAX + 1
  }
take: /* G9 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: terminal(x) -> goto drive
       :: st[x] == ABSENT -> enter(x, d)
       :: st[x] == WAITING && dd[x] > d -> send(tok(x, dd[x])); goto ack
       :: st[x] == WAITING && dd[x] <= d -> enter(x, d)
       :: st[x] == LEASED && dd[x] > d -> goto ack
       :: live(x) && dd[x] <= d -> goto giveBack
       :: st[x] == LEASED && over[x] && dd[x] <= d ->                   /* G3: a lost attempt more */
          lc[x]++;
          if
          :: lc[x] > MAXLOST -> lc[x] = MAXLOST; st[x] = FAIL; ow[x] = 0; over[x] = 0; goto drive
          :: else -> enter(x, d)
          fi
       fi
     }
  fi;
commit: /* G4 */
  if
  MAYDIE
  :: atomic { POISON && x == 1 -> goto dead }
  :: atomic { !(POISON && x == 1);
       if
       :: st[x] == LEASED && ow[x] == me -> busy[x]--; st[x] = SUCC; ow[x] = 0; over[x] = 0
       :: else -> goto giveBack
       fi
     }
  fi;
drive: /* G8, then G11 */
  if
  MAYDIE
  :: atomic { skip; next(x) }
  fi;
  if
  MAYDIE
  :: atomic { skip; if :: x < 2 -> end(x) :: else fi }
  fi;
ack:
  if
  MAYDIE
  :: atomic { skip; goto over_ }
  fi;
giveBack:
  if
  MAYDIE
  :: atomic { skip; back(t, 1); goto over_ }
  fi;
dead:
  atomic { back(t, 0) };
over_:
  atomic {
    if :: ow[0] == me -> ow[0] = NOBODY; busy[0] = 0 :: else fi;
    if :: ow[1] == me -> ow[1] = NOBODY; busy[1] = 0 :: else fi;
    t = 0; x = 0; d = 0; i = 0;
    goto idle
  };
stop: skip
}

inline forget() { s = 0; o = 0; v = 0; r = 0; w = 0; l = 0 }

#ifndef M_NO_LETTERS
proctype letters() {
  byte t, x, d, s, o, r, w, l, me = HANDLER;
  bit v;
idle:
  atomic {
    if
    :: fin -> goto stop
    :: dl[0] > 0 -> t = 0 :: dl[1] > 0 -> t = 1 :: dl[2] > 0 -> t = 2 :: dl[3] > 0 -> t = 3
    :: dl[4] > 0 -> t = 4 :: dl[5] > 0 -> t = 5 :: dl[6] > 0 -> t = 6 :: dl[7] > 0 -> t = 7
    fi;
    x = t / DMAX; d = t % DMAX + 1
  }
look:
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_LETTER_DROPS_DONE
       :: terminal(x) -> goto ack
#else
       :: terminal(x) -> goto drive                                     /* G80 */
#endif
#ifdef M_LETTER_DROPS_WAITING
       :: st[x] == WAITING && dd[x] > d -> goto ack
#else
       :: st[x] == WAITING && dd[x] > d -> send(tok(x, dd[x])); goto ack    /* G81 */
#endif
       :: st[x] == LEASED && dd[x] > d -> goto ack
#ifndef M_LETTER_TAKES_LIVE
       :: live(x) && dd[x] <= d -> goto idle                            /* G82 */
#endif
       :: else -> s = st[x]; o = ow[x]; v = over[x]; r = dd[x]; w = (dd[x] < d -> d : dd[x]) + 1; l = lc[x]
       fi
     }
  fi;
anew: /* G12, G83 */
  if
  MAYDIE
  :: atomic { skip;
       if
#ifdef M_LETTER_BLIND
       :: true ->
#else
       :: st[x] == s && ow[x] == o && over[x] == v && dd[x] == r && lc[x] == l ->
#endif
          assert(busy[x] == 0 && !terminal(x));                         /* no worker is at it, and nothing is undone */
          ow[x] = 0; over[x] = 0;
#ifndef M_LETTER_UNCOUNTED
          lc[x]++;
#endif
          if
          :: lc[x] > MAXLOST -> lc[x] = MAXLOST; st[x] = FAIL
          :: else -> st[x] = WAITING; assert(w <= DMAX); dd[x] = w; forget(); goto resend
          fi
       :: else -> forget(); goto look
       fi;
       forget()
     }
  fi;
drive:
  if
  MAYDIE
  :: atomic { skip; next(x) }
  fi;
  if
  MAYDIE
  :: atomic { skip; if :: x < 2 -> end(x) :: else fi }
  fi;
  goto ack;
resend:
  if
  MAYDIE
  :: atomic { skip; if :: st[x] == WAITING -> send(tok(x, dd[x])) :: else fi }
  fi;
ack:
  if
  MAYDIE
  :: atomic { skip; dl[t]-- }
  fi;
dead: /* the letter is there still */
  atomic { t = 0; x = 0; d = 0; forget(); goto idle };
stop: skip
}
#endif

#define EXPIRE(x) :: atomic { !fin && live(x) && ow[x] == NOBODY -> over[x] = 1 }
#define COPY(i)   :: atomic { !fin && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1)
#if DUP > 0
  COPY(0) COPY(1) COPY(4) COPY(5)
#endif
  :: atomic { fin ->
       assert((hs == 1) == (st[0] == SUCC && st[1] == SUCC));
       assert(hs != 2 || POISON || CRASH + DUP > 0);
       break }
  od
}

init {
  atomic {
    byte k = 0;
    vis[0] = 1;
    do :: k < W -> run worker(k + 1); k++ :: else -> break od;
#ifndef M_NO_LETTERS
    run letters();
#endif
    run world();
    k = 0
  }
}

#ifdef LIVE
ltl ends { <> fin }
#endif
