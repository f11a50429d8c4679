/*
 * tree3.pml -- three levels: leaves 0-2 (one slot each), inner tallies 3 (leaves 0, 1) and 4 (leaf 2), top 5.
 *
 * Purpose: every level is climbed although any worker may die between any two writes: the loser of an arrival drives on
 * from the image it got. The successor is carried only by a delivery whose own commit and own arrivals filled the join.
 *
 * Guards
 *   G1 claim-absent   G3 claim-expired   G4 commit-mine   G6 arrive-unmarked, at every level
 *   G13 loser-drives-on                G7 carry-own     G8 look-first    G11 head-running
 *
 * Faults: CRASH, DUP, LOST, REDEL (visible again while running; the older receipt may delete the message), PAUSE.
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
#ifndef REDEL
#define REDEL 0
#endif
#ifndef PAUSE
#define PAUSE 0
#endif
#define N   3
#define CB  3                           /* the callback's node */
#define TOP 5
#define ABSENT 0
#define LEASED 1
#define TERM   2
#define NOBODY 7
#define parent(c) (3 + ((c) == 2) + 2 * ((c) >= 3))
#define live(x)   (st[x] == LEASED && !over[x])
#define avail(i)  (vis[i] > 0 || (hid[i] > 0 && !live(i)))
#define allDone   (st[0] == TERM && st[1] == TERM && st[2] == TERM)

byte st[4], ow[4], car[4];
bit  over[4], mark[5];
byte left[6];                           /* remaining, by item */
byte vis[4], hid[4], holds[W + 1];
bit  stale[W + 1], gone[W + 1], ended;
byte crash = CRASH, copies = DUP, lost = LOST, redel = REDEL, pauses = PAUSE, wins;

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE    :: atomic { crash > 0 -> crash--; goto dead }
#define REPEAT(l) if :: atomic { lost > 0 -> lost--; goto l } :: skip fi

inline claim(x) { assert(st[x] != TERM); st[x] = LEASED; ow[x] = me; car[x] = t; over[x] = 0 }

proctype worker(byte me) {
  byte t, x, c;
  bit own, call;
idle:
  atomic {
    if
    :: ended -> goto stop
    :: avail(0) -> t = 0
    :: avail(1) -> t = 1
    :: avail(2) -> t = 2
    :: avail(3) -> t = 3
    fi;
    if :: vis[t] > 0 -> vis[t]-- :: else -> hid[t]-- fi;
    holds[me] = t + 1; x = t
  }
take: /* G1, G3 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == TERM -> skip
       :: st[x] == LEASED && ow[x] == me -> skip
       :: st[x] == ABSENT || (st[x] == LEASED && ow[x] != me && over[x]) -> claim(x)
       :: live(x) && ow[x] != me -> goto giveBack
       fi;
       REPEAT(take)
     }
  fi;
commit: /* G4 */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: st[x] == LEASED && ow[x] == me -> st[x] = TERM; if :: x != CB -> left[x]--; own = 1 :: else fi
       :: else -> own = 0
       fi;
       REPEAT(commit);
       if :: st[x] != TERM && x == t -> goto giveBack :: else fi;
       if :: st[x] != TERM && x != t -> goto ack :: else fi;           /* carried, taken over by its own message */
       if :: x == CB -> goto finish :: else fi;
       c = x
     }
  fi;
climb: /* G6, G13: c is full */
  if
  MAYDIE
  :: atomic { skip;
       if
       :: !mark[c] -> mark[c] = 1; left[parent(c)]--; if :: parent(c) == TOP && left[TOP] == 0 -> wins++; assert(wins == 1 && allDone) :: else fi
       :: else -> own = 0;
#ifdef M_LOSER_RETURNS_INNER
          if :: parent(c) != TOP -> goto ack :: else fi;
#endif
#ifdef M_LOSER_RETURNS_TOP
          if :: parent(c) == TOP -> goto ack :: else fi;
#endif
          skip
       fi;
       assert(left[3] == !mark[0] + !mark[1] && left[4] == !mark[2] && left[5] == !mark[3] + !mark[4]);
       REPEAT(climb);
       if :: left[parent(c)] > 0 -> goto ack :: else fi;
       c = parent(c);
       if :: c != TOP -> goto climb :: else fi
     }
  fi;
successor: /* G7, G8 */
  if
  MAYDIE
  :: atomic { assert(allDone); call = 0;
       if
#ifdef M_LOSER_CARRIES
       :: st[CB] == ABSENT -> claim(CB)
#else
       :: own && st[CB] == ABSENT -> claim(CB)
       :: !own && st[CB] == ABSENT -> call = 1
#endif
       :: st[CB] == LEASED && ow[CB] == me -> skip
       :: st[CB] == LEASED && ow[CB] != me && over[CB] -> call = 1
       :: live(CB) && ow[CB] != me -> call = (car[CB] == t)             /* mine: hand over; another's: discharged */
       :: st[CB] == TERM -> skip
       fi;
       REPEAT(successor);
       if
       :: call -> skip
       :: !call && st[CB] == TERM -> goto finish
       :: !call && st[CB] == LEASED && ow[CB] == me -> x = CB; goto commit
       :: else -> goto ack
       fi
     }
  fi;
send:
  if
  MAYDIE
  :: atomic { skip; if :: vis[CB] < 2 -> vis[CB]++ :: else fi; goto ack }
  fi;
finish: /* G11 */
  if
  MAYDIE
  :: atomic { assert(st[CB] == TERM && allDone); ended = 1 }
  fi;
ack:
  if
  MAYDIE
  :: atomic { skip;
       if
       :: true
       :: stale[me] && t != CB -> vis[t] = 0; hid[t] = 0;               /* the older receipt deletes after all */
          if :: holds[3 - me] == t + 1 -> gone[3 - me] = 1 :: else fi
       fi;
       goto over_
     }
  fi;
giveBack:
  if
  MAYDIE
  :: atomic { skip; if :: !stale[me] && !gone[me] && hid[t] < 2 -> hid[t]++ :: else fi; goto over_ }
  fi;
dead:
  atomic { if :: !stale[me] && !gone[me] && vis[t] < 2 -> vis[t]++ :: else fi };
over_:
  atomic {
    x = 0;
    do :: x < 4 -> if :: st[x] == LEASED && ow[x] == me -> ow[x] = NOBODY :: else fi; x++ :: else -> break od;
    holds[me] = 0; stale[me] = 0; gone[me] = 0; t = 0; x = 0; c = 0; own = 0; call = 0;
    goto idle
  };
stop: skip
}

#define EXPIRE(y) :: atomic { !ended && live(y) && (ow[y] == NOBODY || pauses > 0) -> if :: ow[y] != NOBODY -> pauses-- :: else fi; over[y] = 1 }
#define COPY(i)   :: atomic { !ended && copies > 0 && vis[i] > 0 -> copies--; vis[i]++ }
#define AGAIN(w)  :: atomic { !ended && redel > 0 && holds[w] && !stale[w] && !gone[w] -> redel--; stale[w] = 1; vis[holds[w] - 1]++ }
proctype world() {
  do
  EXPIRE(0) EXPIRE(1) EXPIRE(2) EXPIRE(3)
  COPY(0) COPY(1) COPY(2) COPY(3)
  AGAIN(1) AGAIN(2)
  :: ended -> break
  od
}
init {
  atomic {
    left[0] = 1; left[1] = 1; left[2] = 1; left[3] = 2; left[4] = 1; left[5] = 2;
    vis[0] = 1; vis[1] = 1; vis[2] = 1;
    run worker(1); run worker(2); run world()
  }
}
#ifdef LIVE
ltl ends { <> ended }
#endif
