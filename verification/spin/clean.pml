/*
 * clean.pml -- the removal of a run, by its retention or as an operator asks (`tutti clean`: revoke, then remove), against
 * everything that comes late: messages of its task, a worker that has read the head before the end, a retry, two sweepers.
 *
 * Purpose: nothing of a run that goes on is deleted; nothing is deleted under a worker; of a removed run nothing is left but its
 * tombstone, and nothing begins again.
 *
 * Guards
 *   G4 commit-mine   G21 fence   G71 advance-due   G72 tombstone-once   G74 second-look
 *   G20 head-runs         a message of a run that has ended, or is removed, begins nothing    (-DM_BEGINS_ANYWAY)
 *   G75 remove-fenced     before the first item goes, the head says so, the end and generation as they were read; it is said
 *                         once                                                                 (-DM_NOT_FENCED)
 *   G76 raise-unless-removed   a retry is refused from then on                                 (-DM_RAISE_REMOVED)
 *   G77 remove-unheld     where an operator asks, a live lease is waited for                   (-DM_REMOVE_HELD)
 *
 * Faults: CRASH, COPIES of the task's message. RETRIES of the ended run. Not here: due times, submits (head.pml).
 */
#ifndef W
#define W 2
#endif
#ifndef CRASH
#define CRASH 1
#endif
#ifndef COPIES
#define COPIES 1
#endif
#ifndef RETRIES
#define RETRIES 1
#endif

#define NONE   0
#define LEASED 1
#define DONE   2
#define NOBODY 7
#define RUNNING 0
#define ENDED   1

byte st, ig, ow;                        /* the task's item; NONE: there is none */
bit  over;
byte hg = 1, hs;                        /* head */
bit  removing, tomb, looked, old;       /* old: the retention is over */
byte vis[2], hid[2];                    /* the task's message, by generation */
byte crash = CRASH, copies = COPIES, retries = RETRIES;
byte aware;                             /* workers that have read a RUNNING head, and may write */
byte busy;                              /* ghost: bodies at work */
bit  held;                              /* ghost: one of them began before the end */

#define live (st == LEASED && !over)
#define fin  looked
#ifdef M_RAISE_REMOVED
#define raisable true
#else
#define raisable !removing                                              /* G76 */
#endif

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE(l) :: atomic { crash > 0 -> crash--; goto l }

proctype worker(byte me) {
  byte g;
  bit seen;
idle:
  atomic {
    if
    :: vis[0] > 0 -> vis[0]--; g = 1
    :: vis[1] > 0 -> vis[1]--; g = 2
    :: hid[0] > 0 && !live -> hid[0]--; g = 1
    :: hid[1] > 0 && !live -> hid[1]--; g = 2
    :: fin && vis[0] + vis[1] + hid[0] + hid[1] == 0 -> goto stop
    fi
  }
headRead: /* G20 */
  if
  MAYDIE(dead)
  :: atomic { skip;
#ifndef M_BEGINS_ANYWAY
       if :: tomb || hs == ENDED || hg != g -> goto ack :: else fi;
#endif
       aware++; seen = 1 }
  fi;
take:
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: st != NONE && ig != g -> goto ack                             /* G21 */
       :: st == DONE && ig == g -> goto endRun
       :: live && ig == g -> goto giveBack
       :: st == NONE || (st == LEASED && over && ig == g) -> assert(busy == 0 && !looked); st = LEASED; ig = g; ow = me; over = 0; busy++; held = hs == RUNNING && hg == g
       fi
     }
  fi;
commit: /* G4 */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: st == LEASED && ow == me && ig == g -> st = DONE; ow = 0; over = 0; busy--; held = 0
       :: else -> goto ack
       fi
     }
  fi;
endRun:
  if
  MAYDIE(dead)
  :: atomic { skip; if :: hs == RUNNING && hg == g && !tomb -> assert(st == DONE); hs = ENDED :: else fi }
  fi;
ack:
  if
  MAYDIE(dead)
  :: atomic { skip; goto over_ }
  fi;
giveBack:
  if
  MAYDIE(dead)
  :: atomic { skip; if :: hid[g - 1] < 2 -> hid[g - 1]++ :: else fi; goto over_ }
  fi;
dead:
  atomic { if :: vis[g - 1] < 2 -> vis[g - 1]++ :: else fi };
over_:
  atomic {
    if :: ow == me -> ow = NOBODY; busy--; held = 0 :: else fi;
    if :: seen -> aware-- :: else fi;
    seen = 0; g = 0;
    goto idle
  };
stop: skip
}

proctype sweeper() {
  byte g, s;
  bit asked;
visit:
  atomic {
    if
    :: fin -> goto stop
    :: !fin && tomb && aware == 0 -> goto look                          /* after a day: nobody is frozen as long */
    :: !fin && !tomb && hs == ENDED && (removing || old) -> g = hg; asked = removing
    fi
  };
  if
  MAYDIE(dead)
#ifndef M_REMOVE_HELD
  :: atomic { skip; if :: asked && live -> goto dead :: else fi }       /* G77 */
#else
  :: skip
#endif
  fi;
#ifndef M_NOT_FENCED
fence: /* G75 */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
       :: asked
       :: !asked && !removing && hs == ENDED && hg == g && !tomb -> removing = 1
       :: else -> goto dead
       fi }
  fi;
#endif
  if
  MAYDIE(dead)
  :: atomic { skip; s = st }
  fi;
  if
  MAYDIE(dead)
  :: atomic { skip; if :: s != NONE && !tomb -> assert(hs == ENDED && !held); st = NONE; ig = 0; ow = 0; over = 0; busy = 0 :: else fi }
  fi;
bury: /* G72 */
  if
  MAYDIE(dead)
  :: atomic { skip; if :: !tomb && hs == ENDED && hg == g -> tomb = 1 :: else fi; goto dead }
  fi;
look: /* G74 */
  if
  MAYDIE(dead)
  :: atomic { skip; assert(busy == 0 || st == LEASED); st = NONE; ig = 0; ow = 0; over = 0; busy = 0; looked = 1 }
  fi;
dead: atomic { g = 0; s = 0; asked = 0; goto visit };
stop: skip
}

proctype world() {
  do
  :: atomic { !fin && live && ow == NOBODY -> over = 1 }
  :: atomic { !fin && copies > 0 && vis[0] > 0 -> copies--; vis[0]++ }
  :: atomic { !fin && hs == RUNNING && !tomb -> hs = ENDED }              /* revoked */
  :: atomic { !fin && hs == ENDED && !removing && !tomb -> removing = 1 } /* asked to be removed */
  :: atomic { !fin && hs == ENDED && !live && !old -> old = 1 }
  :: atomic { retries > 0 && hs == ENDED && hg == 1 && raisable && !tomb -> retries--; hg = 2; hs = RUNNING; old = 0;
              if :: st != NONE && !live -> ig = 2; if :: st == LEASED -> st = NONE; ow = 0; over = 0; ig = 0 :: else fi :: else fi;
              vis[1]++ }
  :: atomic { fin -> assert(st == NONE && tomb && hs == ENDED); break }
  od
}

init {
  atomic {
    byte i = 0;
    vis[0] = 1;
    do :: i < W -> run worker(i + 1); i++ :: else -> break od;
    run sweeper(); run sweeper(); run world();
    i = 0
  }
}

#ifdef LIVE
ltl ends { <> fin }
#endif
