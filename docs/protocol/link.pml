/* The session protocol of one pair of servers, both directions, for spin 6.5. ../protocol.md explains the protocol; the
 * names S1 ... S10 and L1 of what is asserted are the ones used there.
 *
 * Each step of the one process is one event of one life ("incarnation") of A or B. The network is a set of at most CAPA
 * frames towards A and CAPB towards B: a send replaces any of them, or is lost; a read leaves the frame there. That is loss,
 * duplication, reordering and delay beyond any restart, all at once and unbounded. Frames reach any life of their side.
 * A life that is not scheduled is paused. Without ZOMBIE a new life means that the one before it is dead; with ZOMBIE all
 * lives of a side go on side by side, accept, send and read for ever (paused and resumed, or two processes with one pid).
 *
 * `bazel run //docs/protocol:check` runs the checks and the mutants that check.sh lists, each with its bounds. By hand:
 *   spin -a OPTIONS link.pml && gcc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=9000 -o pan pan.c && ./pan -m2000000 -n
 *   counterexample: spin -t -p -g OPTIONS link.pml
 *
 * Options: KA KB NA NB W CAPA CAPB ROUNDS below; VOID (on_restart = void), HEARD (S6, a ghost of its own, it costs states),
 * ZOMBIE, SKEW (clocks disagree), LEAVE (graceful leave), LIVE (from every reachable state faults and restarts stop; only
 * old frames may still come in late and doubled; then everybody acts once per round, in any order, and all must be settled
 * within ROUNDS rounds). M_...: a rule taken out, which must be found.
 */

/* ---- bounds ---------------------------------------------------------- */
#ifndef KA
#define KA 2              /* incarnations of A that may start (restarts + 1) */
#endif
#ifndef KB
#define KB 2              /* incarnations of B that may start */
#endif
#ifndef NA
#define NA 2              /* envelopes each incarnation of A may accept */
#endif
#ifndef NB
#define NB 0              /* envelopes each incarnation of B may accept */
#endif
#ifndef W
#define W 2               /* receive window = inbox budget, in envelopes (1..2) */
#endif
#ifndef CAPA
#define CAPA 1            /* frames that the network holds towards A (1..2) */
#endif
#ifndef CAPB
#define CAPB 1            /* frames that the network holds towards B (1..2) */
#endif
#ifndef ROUNDS
#define ROUNDS 7          /* LIVE: fair rounds within which everything must be settled */
#endif

#define KM   3            /* room for incarnations per side */
#define A    0
#define B    1
#define X(s,k) ((s)*KM+(k)-1)           /* index of incarnation k of side s */
#define SIDE(i) ((i)/KM)
#define INC(i)  ((i)%KM+1)
#define PREV(i) ((i) > 0 -> (i)-1 : 0)

/* ---- a frame, packed: used est src dst seq idx rcv tak crd, 3 bits each ---- */
#define PK(est,src,dst,seq,idx,rcv,tak,crd) \
  (1 | (est)<<1 | (src)<<2 | (dst)<<5 | (seq)<<8 | (idx)<<11 | (rcv)<<14 | (tak)<<17 | (crd)<<20)
#define F_EST(p) ((p)>>1 & 1)
#define F_SRC(p) ((p)>>2 & 7)
#define F_DST(p) ((p)>>5 & 7)
#define F_SEQ(p) ((p)>>8 & 7)
#define F_IDX(p) ((p)>>11 & 7)
#define F_RCV(p) ((p)>>14 & 7)
#define F_TAK(p) ((p)>>17 & 7)
#define F_CRD(p) ((p)>>20 & 7)
#define F_LEAVE(p) ((p)>>23 & 1)

typedef Inst {            /* one incarnation of one side: the whole link object */
  byte on;                /* 0 not yet, 1 lives, 2 dead, 3 closes: sends what is queued, says `leave` */
  byte peer;              /* incarnation of the peer in the session; 0 none */
  /* sender */
  byte acc;               /* accepted by the outbox, index of the newest */
  byte head;              /* settled: index of the newest known taken or voided */
  byte base;              /* seq = index - base in this session */
  byte nxt;               /* highest seq sent in this session */
  byte srcv;              /* peer's `received` */
  byte scrd;              /* peer's `credit`, absolute */
  byte del; byte voi;     /* ledger */
  bit  gone;              /* the peer has left: its life is over, its `taken` is final */
  /* receiver */
  byte rrcv;              /* contiguous seq handed to the inbox in this session */
  byte rtak;              /* seq taken by the application in this session */
  byte old;               /* envelopes of earlier sessions still in the inbox */
  byte oidx;              /* out of order: payload of seq rrcv+2, 0 none */
};

Inst I[2*KM];
int  net[4];              /* net[s*2+c]: frames on the way to side s */

/* ghosts: what really happened, invisible to the protocol */
byte gbase[2*KM*KM];      /* [sender x][receiver incarnation]: base at establishment */
byte gdel [2*KM*KM];      /* [receiver x][sender incarnation]: delivered to the inbox */
byte gtak [2*KM*KM];      /* ... taken by the application */
bit  gheard[2*KM*KM];     /* [x][peer incarnation]: x has read a frame of that incarnation */
byte glast[2*KM];         /* newest sender incarnation delivered at x */
#define P(i,k) ((i)*KM+(k)-1)

#define NMAX(s) ((s)==A -> NA : NB)
#define KMAX(s) ((s)==A -> KA : KB)
#define MIN(a,b) ((a)<(b) -> (a) : (b))

/* ---- the network: a send lands in any slot (whatever was there is lost) or nowhere;
 * a read leaves the frame there: loss, duplication, reordering, any delay ---- */
#define CAP(s) ((s)==A -> CAPA : CAPB)
inline put(to_, fr_) {
  if
  :: net[(to_)*2] = fr_
  :: CAP(to_) > 1 -> net[(to_)*2+1] = fr_
  :: skip
  fi;
  if /* the two slots are a set: keep them sorted, to halve the states */
  :: CAP(to_) > 1 && net[(to_)*2] > net[(to_)*2+1] ->
     t = net[(to_)*2]; net[(to_)*2] = net[(to_)*2+1]; net[(to_)*2+1] = t; t = 0
  :: else
  fi
}

#ifdef M_FORGET_OLD      /* mutation: a new session forgets what former ones left in the inbox */
#define GRANT(i) (I[i].rtak + W)
#else
#define GRANT(i) (I[i].rtak + W - I[i].old)
#endif
/* the header of every frame of a session; seq 0: no data (probe, heartbeat, ack: one thing) */
#define STATE(i,seq,idx) PK(1, INC(i), I[i].peer, seq, idx, I[i].rrcv, I[i].rtak, GRANT(i))
#ifdef M_EARLY_CREDIT    /* mutation: the answer to a HELLO already grants credit */
#define HELLO(i,dst)     PK(0, INC(i), dst, 0, 0, 0, 0, W - I[i].old - I[i].rrcv + I[i].rtak)
#else
#define HELLO(i,dst)     PK(0, INC(i), dst, 0, 0, 0, 0, 0)
#endif

inline ledger(i) { assert(I[i].acc == I[i].del + I[i].voi + (I[i].acc - I[i].head)) }

inline establish(i, k) {
#ifdef HEARD
  assert(gheard[P(X(1-SIDE(i),k), INC(i))]);        /* S6: the peer has heard this life of ours */
#endif
  if
  :: I[i].peer != 0 && !I[i].gone ->                  /* the peer restarted */
#ifdef VOID
     I[i].voi = I[i].voi + I[i].acc - I[i].head; I[i].head = I[i].acc
#else
     skip
#endif
  :: else
  fi;
  I[i].peer = k; I[i].gone = 0;
  I[i].base = I[i].head; I[i].nxt = 0; I[i].srcv = 0;
#ifndef M_KEEP_CREDIT
  I[i].scrd = 0;
#endif
#ifdef M_EARLY_CREDIT
  if :: !F_EST(p) -> I[i].scrd = F_CRD(p) :: else fi;
#endif
  I[i].old = I[i].old + I[i].rrcv - I[i].rtak; I[i].rrcv = 0; I[i].rtak = 0; I[i].oidx = 0;
  gbase[P(i,k)] = I[i].base;
}

inline deliver(i, k, d) { /* into the inbox, which is FIFO */
  assert(k >= glast[i]);                                                   /* S3 */
  glast[i] = k;
  assert(d == gbase[P(X(1-SIDE(i),k), INC(i))] + gdel[P(i,k)] + 1);       /* S1, S2 */
  gdel[P(i,k)]++;
  I[i].rrcv++;
}

/* frame p has arrived at incarnation i */
inline receive(i, p) {
#ifdef HEARD
  gheard[P(i,F_SRC(p))] = 1;
#endif
  if
#ifdef M_TWO_STEP   /* mutation: believe a HELLO that does not name us */
  :: F_SRC(p) > I[i].peer && F_DST(p) == 0 -> establish(i, F_SRC(p))
#endif
#ifdef M_NO_ORDER   /* mutation: the newest handshake wins, not the newest incarnation */
  :: F_DST(p) == INC(i) && F_SRC(p) != I[i].peer && F_EST(p) == 0 -> establish(i, F_SRC(p))
#endif
  :: F_DST(p) == INC(i) && F_SRC(p) > I[i].peer -> establish(i, F_SRC(p))
  :: else
  fi;
  if
#ifdef M_NO_ACK_DST
  :: F_SRC(p) == I[i].peer && F_EST(p)
#elif defined(M_NO_ACK_SRC)
  :: F_DST(p) == INC(i) && F_EST(p)
#else
  :: F_DST(p) == INC(i) && F_SRC(p) == I[i].peer && F_EST(p)
#endif
     -> /* acknowledgement: absolute, cumulative, by maximum */
     if
     :: F_RCV(p) > I[i].srcv -> assert(F_RCV(p) <= I[i].nxt); I[i].srcv = F_RCV(p)
     :: else
     fi;
#ifdef M_RECEIVED_FREES
     t = F_RCV(p);
#else
     t = F_TAK(p);
#endif
     if
     :: I[i].base + t > I[i].head ->
        assert(t <= gtak[P(X(1-SIDE(i),I[i].peer), INC(i))]);             /* S4, S5 */
        I[i].del = I[i].del + I[i].base + t - I[i].head; I[i].head = I[i].base + t
     :: else
     fi;
     t = 0;
#ifdef M_REL_CREDIT
     if :: F_CRD(p) && I[i].scrd < 6 -> I[i].scrd++ :: else fi;
#else
     if :: F_CRD(p) > I[i].scrd -> I[i].scrd = F_CRD(p) :: else fi;
#endif
#ifdef LEAVE
     if
     :: F_LEAVE(p) && !I[i].gone ->
        I[i].gone = 1;
        assert(I[i].head - I[i].base == gtak[P(X(1-SIDE(i),I[i].peer), INC(i))]);  /* S10: after leave the ledger is exact */
#ifdef VOID
        I[i].voi = I[i].voi + I[i].acc - I[i].head; I[i].head = I[i].acc
#endif
     :: else
     fi
#endif
  :: else
  fi;
  if
#ifdef M_NO_DATA_DST
  :: F_SRC(p) == I[i].peer && F_SEQ(p)
#elif defined(M_NO_DATA_SRC)
  :: F_DST(p) == INC(i) && F_SEQ(p)
#else
  :: F_DST(p) == INC(i) && F_SRC(p) == I[i].peer && F_SEQ(p) && I[i].on != 3
#endif
     ->
#ifdef M_NO_DEDUP
     deliver(i, F_SRC(p), F_IDX(p))
#else
     assert(F_SEQ(p) <= GRANT(i));                                          /* S7: nobody overruns a window */
     if
     :: F_SEQ(p) == I[i].rrcv + 1 ->
        deliver(i, F_SRC(p), F_IDX(p));
        if
        :: I[i].oidx -> deliver(i, F_SRC(p), I[i].oidx); I[i].oidx = 0
        :: else
        fi
     :: F_SEQ(p) == I[i].rrcv + 2 -> I[i].oidx = F_IDX(p)
     :: else /* a repeat */
     fi;
     assert(I[i].old + I[i].rrcv - I[i].rtak + (I[i].oidx != 0) <= W)     /* S7 */
#endif
  :: else
  fi;
  ledger(i);
}

#define UNKNOWN(i,p) (F_DST(p) != INC(i) && F_SRC(p) >= I[i].peer)

/* what instance i may send as data: seq t, srcv < t <= nxt+1, within queue and credit */
#define MAYSEND(i,q) (I[i].peer && !I[i].gone && (q) > I[i].srcv && (q) <= I[i].nxt + 1 && (q) + I[i].base <= I[i].acc && (q) <= I[i].scrd && (q)+I[i].base > I[i].head)

/* SKEW: clocks disagree, so lives of A start in any order of their numbers; the third number is kept for BUMP:
 * a life that never held a session and reads of a newer one of its pid draws a new number above that */
#ifdef SKEW
#define MAYSTART(i) (INC(i) < 3 && (SIDE(i) == A || INC(i) == 1 || I[PREV(i)].on))
#define BUMP(i,p)   (SIDE(i) == A && I[i].peer == 0 && F_DST(p) > INC(i) && F_DST(p) < KA && I[X(A,F_DST(p)+1)].on == 0)
byte lasts;               /* the life of A that started last */
inline bump(i, p) {
#ifndef M_NO_BUMP
  lasts = X(A,F_DST(p)+1); I[lasts].on = 1; I[lasts].acc = I[i].acc; I[i].acc = 0; I[i].on = 2
#else
  skip
#endif
}
#else
#define MAYSTART(i) (INC(i) == 1 || I[PREV(i)].on)
#define BUMP(i,p)   0
#define bump(i,p)   skip
#endif

inline kill(j) {
  I[j].on = 2; I[j].peer = 0; I[j].acc = 0; I[j].head = 0; I[j].base = 0; I[j].nxt = 0; I[j].srcv = 0; I[j].scrd = 0;
  I[j].del = 0; I[j].voi = 0; I[j].rrcv = 0; I[j].rtak = 0; I[j].old = 0; I[j].oidx = 0; I[j].gone = 0
}
inline crash(i) { /* incarnation i starts: is the one before it dead, or (ZOMBIE) paused, and may it wake up at any time? */
  if
#ifndef ZOMBIE
#ifdef SKEW
  :: SIDE(i) == A && I[lasts].on == 1 -> kill(lasts)
#else
  :: INC(i) > 1 -> kill(i-1)
#endif
#endif
  :: else
  fi;
#ifdef SKEW
  if :: SIDE(i) == A -> lasts = i :: else fi
#endif
}

inline take(i) {
  if
  :: I[i].old -> I[i].old--
  :: else -> I[i].rtak++; gtak[P(i,I[i].peer)]++
  fi
}

int p, t; byte q;

#ifdef LIVE
bit  stable;              /* faults and restarts have stopped; only the newest incarnations act */
byte round, act;          /* fair rounds so far; who has acted in this one */
int  pend[2];             /* the frame of the newest of each side, on its way: never lost now */
byte cand[2];             /* an answer is owed to this unknown incarnation */
bit  evid[2];             /* evidence of a loss: an answer newer than the frame, `received` below it */
bit  owed[2];             /* only for M_NO_PROBE, M_NO_ZERO_PROBE: an event-driven acknowledgement is owed */
byte nw[2];               /* instance index of the newest incarnation per side */
#define QUIET (!stable)
#else
#define QUIET (1)
#endif

/* the network hands one of its frames to incarnation i; unknown ones are answered */
#define READ(i,c) \
  :: atomic { (I[i].on == 1 || I[i].on == 3) && net[SIDE(i)*2+c] && (QUIET || LATE(i)) -> \
       p = net[SIDE(i)*2+c]; d_step { receive(i, p) } \
       if :: QUIET && BUMP(i,p) -> d_step { bump(i,p) } :: else fi; \
       if :: UNKNOWN(i,p) ANSWER -> put(1-SIDE(i), HELLO(i,F_SRC(p))) :: else fi; p = 0 }
#ifdef M_NO_ANSWER
#define ANSWER && 0
#else
#define ANSWER
#endif
#ifdef LIVE
#define LATE(i) (nw[SIDE(i)] == i)      /* delayed and doubled frames may still come in when all is quiet */
#else
#define LATE(i) 0
#endif

#ifdef LEAVE              /* close begins: delivers, takes and accepts nothing more; every frame says `leave`; what is queued still goes out */
#ifdef M_LEAVE_TAKES
#define STOP 1
#else
#define STOP 3
#endif
#define LEAVES(i) \
  :: atomic { QUIET && I[i].on == 1 && I[i].peer -> I[i].on = STOP; put(1-SIDE(i), STATE(i,0,0) | 1<<23) } \
  :: atomic { QUIET && I[i].on == 3 -> put(1-SIDE(i), STATE(i,0,0) | 1<<23) } \
  :: atomic { QUIET && I[i].on == 3 && MAYSEND(i,I[i].nxt+1) -> I[i].nxt++; \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt) | 1<<23) } \
  :: atomic { QUIET && I[i].on == 3 && I[i].srcv < I[i].nxt && MAYSEND(i,I[i].srcv+1) -> \
       put(1-SIDE(i), STATE(i,I[i].srcv+1,I[i].base+I[i].srcv+1) | 1<<23) }
#else
#define LEAVES(i)
#endif

#define EVENTS(i) \
  :: atomic { QUIET && INC(i) <= KMAX(SIDE(i)) && I[i].on == 0 && MAYSTART(i) -> d_step { crash(i); I[i].on = 1 } } \
  :: atomic { QUIET && I[i].on == 1 && I[i].acc < NMAX(SIDE(i)) -> I[i].acc++ }                   /* outbox */ \
  :: atomic { QUIET && I[i].on == 1 && !I[i].peer -> put(1-SIDE(i), HELLO(i,0)) }                   /* timer */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].peer -> put(1-SIDE(i), STATE(i,0,0)) }                   /* timer: ack, probe, heartbeat */ \
  :: atomic { QUIET && I[i].on == 1 && MAYSEND(i,I[i].nxt+1) -> I[i].nxt++; \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt)) }                                   /* new data */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].srcv < I[i].nxt && MAYSEND(i,I[i].srcv+1) -> \
       put(1-SIDE(i), STATE(i,I[i].srcv+1,I[i].base+I[i].srcv+1)) }                              /* again, oldest */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].srcv+1 < I[i].nxt && MAYSEND(i,I[i].nxt) -> \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt)) }                                   /* again, newest */ \
  :: atomic { QUIET && I[i].on == 1 && (I[i].old || I[i].rtak < I[i].rrcv) -> take(i) }               /* inbox */ \
  LEAVES(i)

#ifdef LIVE
#define SETTLED (I[nw[A]].peer == INC(nw[B]) && I[nw[B]].peer == INC(nw[A]) && \
                 I[nw[A]].head == I[nw[A]].acc && I[nw[B]].head == I[nw[B]].acc)
#define N(s) I[nw[s]]
#ifdef SKEW
#define NEWLIFE(s) nw[s] = lasts
#define FENCED (I[nw[A]].peer && I[nw[B]].peer > INC(nw[A]))  /* it has held a session, so it stops */
#else
#define NEWLIFE(s) skip
#ifdef ONLY_UNSENT        /* look only for accepted envelopes that never leave (zero window) */
#define FENCED (I[nw[A]].base + I[nw[A]].nxt == I[nw[A]].acc)
#else
#define FENCED 0
#endif
#endif
inline turn(s) { /* one timer tick of the newest of side s: exactly what the protocol says it sends */
  if
  :: cand[s] -> pend[s] = HELLO(nw[s], cand[s]); cand[s] = 0
  :: else ->
     if
     :: N(s).peer == 0 -> pend[s] = HELLO(nw[s], 0)
     :: N(s).peer && evid[s] && N(s).srcv < N(s).nxt && MAYSEND(nw[s], N(s).srcv+1) ->
        pend[s] = STATE(nw[s], N(s).srcv+1, N(s).base+N(s).srcv+1); evid[s] = 0
     :: N(s).peer && !(evid[s] && N(s).srcv < N(s).nxt) && MAYSEND(nw[s], N(s).nxt+1) ->
        N(s).nxt++; pend[s] = STATE(nw[s], N(s).nxt, N(s).base+N(s).nxt)
     :: else ->
#ifdef M_NO_PROBE
        if :: owed[s] -> pend[s] = STATE(nw[s], 0, 0); owed[s] = 0 :: else fi
#elif defined(M_NO_ZERO_PROBE)
        if :: owed[s] || N(s).srcv < N(s).nxt -> pend[s] = STATE(nw[s], 0, 0); owed[s] = 0 :: else fi
#else
        pend[s] = STATE(nw[s], 0, 0)
#endif
     fi
  fi
}
inline arrive(s) { /* the frame on its way to side s arrives */
  p = pend[1-(s)]; pend[1-(s)] = 0;
  if
  :: p ->
     receive(nw[s], p);
     if :: BUMP(nw[s], p) -> bump(nw[s], p); NEWLIFE(s) :: else fi;
#ifndef M_NO_ANSWER
     if :: UNKNOWN(nw[s], p) -> cand[s] = F_SRC(p) :: else fi;
#endif
     if :: F_EST(p) && F_DST(p) == INC(nw[s]) && F_SRC(p) == N(s).peer && N(s).srcv < N(s).nxt -> evid[s] = 1 :: else fi;
     if /* M_NO_PROBE: acknowledgements only for data and takes; M_NO_ZERO_PROBE: B answers probes too */
     :: F_SEQ(p) -> owed[s] = 1
#ifdef M_NO_ZERO_PROBE
     :: !F_SEQ(p) && F_EST(p) && (s) == B -> owed[s] = 1
#endif
     :: else
     fi;
     p = 0
  :: else
  fi
}
#define ROUND(s,b) \
  :: atomic { stable && !(act & (b)) -> act = act | (b); d_step { turn(s) } } \
  :: atomic { stable && (act & (b)) && !(act & ((b)*2)) -> act = act | ((b)*2); d_step { arrive((1-(s))) } } \
  :: atomic { stable && !(act & ((b)*4)) -> act = act | ((b)*4); d_step { \
       if :: N(s).old || N(s).rtak < N(s).rrcv -> take(nw[s]); owed[s] = 1 :: else fi } }
#endif

init {
  do
  EVENTS(0) EVENTS(1) EVENTS(3) EVENTS(4)
#if KA > 2
  EVENTS(2)
#endif
#if KB > 2
  EVENTS(5)
#endif
  READ(0,0) READ(1,0) READ(3,0) READ(4,0)
#if KA > 2
  READ(2,0)
#endif
#if KB > 2
  READ(5,0)
#endif
#if CAPA > 1 || CAPB > 1
  READ(0,1) READ(1,1) READ(3,1) READ(4,1)
#if KA > 2
  READ(2,1)
#endif
#if KB > 2
  READ(5,1)
#endif
#endif
#ifdef LIVE
  :: atomic { !stable && (I[X(A,1)].on || I[X(A,2)].on) && I[X(B,1)].on -> d_step { stable = 1;
       nw[A] = X(A,1); nw[B] = X(B,1);
       if :: I[X(A,2)].on -> nw[A] = X(A,2) :: else fi;
       if :: I[X(A,3)].on -> nw[A] = X(A,3) :: else fi;
       if :: I[X(B,2)].on -> nw[B] = X(B,2) :: else fi;
       if :: I[X(B,3)].on -> nw[B] = X(B,3) :: else fi;
#ifdef SKEW
       nw[A] = lasts
#endif
       } }
  ROUND(A,1) ROUND(B,8)
  :: atomic { stable && act == 63 -> act = 0; round++; if :: SETTLED -> break :: else fi;
       assert(round < ROUNDS || FENCED) }                                                                  /* L1 */
#endif
  od
}
