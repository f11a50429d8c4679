/*
 * head.pml -- the head's due time, its end of life, and its creation: workers start timers while visits of the sweeper choose
 * the next one; then the run is removed, while a frozen worker may still write and copies of its submit arrive.
 *
 * Purpose: no timer is forgotten between a visit that read the run before it and a lowering that came before the visit's
 * write; a removed run leaves a tombstone and nothing else, and does not begin again.
 *
 * Guards
 *   G70 lower-due        the stored visit is later, whatever the head said when it was read; one whose time has come may be
 *                        under way, so it is moved, exactly as seen          (-DM_LOWER_ONLY_LATER: left alone)
 *   G71 advance-due      due exactly as seen
 *   G72 tombstone-once   the items are deleted, and no tombstone yet
 *   G73 create-absent    no head; a tombstone only when its time is past
 *   G74 second-look      a tombstone stays due until what a frozen process has left is deleted
 *
 * Time is a small number that moves when nothing is due. Faults: CRASH; two sweepers; FROZEN = writes of a worker that come
 * after the end, until the second look; SUBMITS = copies of the submit. Not here: what a visit repairs (the other models).
 */
#ifndef CRASH
#define CRASH 1
#endif
#ifndef TIMERS
#define TIMERS 2
#endif
#ifndef FROZEN
#define FROZEN 1
#endif
#ifndef SUBMITS
#define SUBMITS 1
#endif

#define LAST  5         /* time ends here, but for visits that are owed */
#define NEVER 51
#define IDLE  50        /* a visit that has found nothing to wait for: what waits for it is forgotten */
#define ITEMS 2

byte version;                           /* of due: times are milliseconds, so two writes of it differ */
byte now, due = 1, timer[TIMERS];       /* timer: 0 not recorded, else its time; fired: NEVER */
byte items = 3;                         /* bits of the items that are there */
bit  ended, tomb, looked, forgotten;
byte crash = CRASH, frozen = FROZEN, submits = SUBMITS;
byte running = TIMERS;                  /* workers that are not done */

#define owedTime(i) (timer[i] != 0 && timer[i] != NEVER)
#define fired(i)    (timer[i] == NEVER)
#define allFired    (fired(0) && fired(1 % TIMERS) && fired(2 % TIMERS))
#define fin         (forgotten && submits == 0)

/* an option's atomic step starts with skip: a nested if would lend its else to the outer choice */
#define MAYDIE(l) :: atomic { crash > 0 -> crash--; goto l }

/* starts a timer: recorded first, so that a visit that comes now sees it; then its visit is made sure of */
proctype worker(byte i, t) {
  byte seen;
record:
  if
  MAYDIE(record)
  :: atomic { skip; seen = due; if :: timer[i] == 0 -> timer[i] = t :: else fi }
  fi;
lower: /* G70 */
  if
  MAYDIE(record)
  :: atomic { skip;
#ifdef M_LOWER_AS_READ
       if :: seen > t && due > t -> due = t; version++ :: else fi;
#elif !defined(M_NOT_LOWERED)
       if
       :: due > t -> due = t; version++
#ifndef M_LOWER_ONLY_LATER
       :: due <= t && due <= now -> seen = version; goto touch
#endif
       :: else
       fi;
#endif
       running--; goto done }
  fi;
touch:
  if
  MAYDIE(record)
  :: atomic { skip; if :: version == seen -> due = now; version++ :: else -> goto lower fi; running-- }
  fi;
done: skip
}

inline earliest() {
  next = IDLE;
  if :: owedTime(0) && timer[0] < next -> next = timer[0] :: else fi;
  if :: owedTime(1 % TIMERS) && timer[1 % TIMERS] < next -> next = timer[1 % TIMERS] :: else fi;
  if :: owedTime(2 % TIMERS) && timer[2 % TIMERS] < next -> next = timer[2 % TIMERS] :: else fi;
  if :: next <= now || (allFired && running == 0) -> found = 1; next = now + 1 :: else fi /* that the run has to end is found too */
}
inline fire(i) { if :: owedTime(i) && timer[i] <= at -> timer[i] = NEVER :: else fi }

proctype sweeper() {
  byte seen, next, at, was;
  bit found;
visit:
  atomic {
    if
    :: forgotten -> goto stop
    :: due <= now && !forgotten -> skip
    fi
  };
read: /* one strong read of the run */
  if
  MAYDIE(dead)
  :: atomic { skip; if :: due > now -> goto dead :: else fi; seen = due; was = version; at = now;
       if :: ended -> goto remove :: else fi;
       earliest() }
  fi;
advance: /* G71: claims the visit */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if
#ifdef M_ADVANCE_BLIND
       :: !ended
#else
       :: !ended && due == seen && version == was
#endif
          -> due = next; version++
       :: else -> goto dead
       fi }
  fi;
repair:
  if
  MAYDIE(dead)
  :: atomic { skip; if :: found -> fire(0); fire(1 % TIMERS); fire(2 % TIMERS) :: else fi;
       if :: allFired && running == 0 && !ended -> ended = 1; due = now; version++ :: else fi }
  fi;
  goto dead;
remove: /* the items one by one, then the tombstone; a later visit looks once more */
  if
  MAYDIE(dead)
  :: atomic { skip;
       if :: tomb && !looked -> goto look :: tomb && looked -> goto dead :: else fi;
       if
       :: items & 1 -> items = items & 2; goto remove
       :: !(items & 1) && (items & 2) -> items = items & 1; goto remove
       :: items == 0 -> skip
       fi }
  fi;
bury: /* G72 */
  if
  MAYDIE(dead)
  :: atomic { skip; if :: !tomb -> tomb = 1; due = now :: else fi;
#ifdef M_NO_SECOND_LOOK
       looked = 1; forgotten = 1;
#endif
       goto dead }
  fi;
look: /* G74: nothing of the run writes any more */
  if
  MAYDIE(dead)
  :: atomic { skip; assert(tomb); frozen = 0; items = 0; looked = 1 }
  fi;
forget:
  if
  MAYDIE(dead)
  :: atomic { skip; forgotten = 1 }
  fi;
dead: atomic { seen = 0; next = 0; at = 0; was = 0; found = 0; goto visit };
stop: skip
}

proctype world() {
  do
  :: atomic { !fin && due > now && (now < LAST || due < IDLE) -> now++ }
  :: atomic { frozen > 0 && ended && !forgotten -> frozen--; items = items | 1 }
#ifdef M_NO_SECOND_LOOK
  :: atomic { frozen > 0 && forgotten -> frozen--; items = items | 1 }
#endif
  :: atomic { submits > 0 && ended ->                                   /* G73: a late copy of the submit */
       submits--;
#ifdef M_CREATE_OVER_TOMBSTONE
       if :: tomb -> tomb = 0; ended = 0; assert(false) :: else fi
#endif
     }
  :: atomic { fin -> assert(items == 0 && tomb && allFired); break }
  od
}

init {
  atomic {
    run worker(0, 3);
    run worker(1, 2);
#if TIMERS > 2
    run worker(2, 4);
#endif
    run sweeper(); run sweeper(); run world()
  }
}

#ifdef LIVE
ltl ends { <> forgotten }
#endif
