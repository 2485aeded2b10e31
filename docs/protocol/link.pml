/* The session protocol of one pair of servers, both directions, for spin 6.5. ../protocol.md explains the protocol; the
 * names S1 ... S10, L1, L2 and T of what is asserted are the ones used there.
 *
 * Each step of the one process is one event of one life ("incarnation") of A or B. The network is a set of at most CAPA
 * frames towards A and CAPB towards B: a send replaces any of them, or is lost; a read leaves the frame there. That is loss,
 * duplication, reordering and delay beyond any restart, all at once and unbounded. Frames reach any life of their side.
 * A life that is not scheduled is paused. Without ZOMBIE a new life means that the one before it is dead; with ZOMBIE all
 * lives of a side go on side by side, accept, send and read for ever (paused and resumed, or two processes with one pid).
 *
 * `bazel run //docs/protocol:check` runs the checks and the mutants that check.sh lists, each with its bounds. By hand:
 *   spin -a OPTIONS link.pml && gcc -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -DVECTORSZ=2048 -DMEMLIM=9000 -o pan pan.c && ./pan -m3000000 -n
 *   counterexample: spin -t -p -g OPTIONS link.pml
 *
 * Membership: RA, RB say how often each life of A, of B may take the peer out of its configuration and put it back. Its link to
 * the peer is then one of several, told apart by their epochs: who speaks and is spoken to is a pair of life and epoch. T is
 * about what one life may take twice: without FORMER what the sender has announced in PEER_RESTARTED (a leave that got lost),
 * and under VOID nothing. With FORMER, by which a new link says how the one before ended, nothing at all. STRICT asks for that
 * without FORMER, and breaks. MOVE: another url without keys, the queue is kept. L2 (with LIVE): a leave that is repeated is heard.
 *
 * Options: KA KB NA NB RA RB W CAPA CAPB ROUNDS below; VOID (on_restart = void), HEARD (S6, a ghost of its own, it costs states),
 * ZOMBIE, SKEW (clocks disagree), LEAVE (graceful leave), LIVE (from every reachable state faults and restarts stop; only
 * old frames may still come in late and doubled; then everybody acts once per round, in any order, and all must be settled
 * within ROUNDS rounds), FORMER, STRICT, MOVE. M_...: a rule taken out, which must be found.
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
#ifndef RA
#define RA 0              /* times that each life of A may remove B and add it again (and once more: remove it) */
#endif
#ifndef RB
#define RB 0
#endif
#ifndef ROUNDS
#define ROUNDS 7          /* LIVE: fair rounds within which everything must be settled */
#endif

#if KA > KB               /* room for incarnations per side, and for links (epochs) per incarnation */
#define KM   KA
#else
#define KM   KB
#endif
#if RA > RB
#define EM   (RA+1)
#else
#define EM   (RB+1)
#endif
#define A    0
#define B    1
#define X(s,k) ((s)*KM+(k)-1)           /* index of incarnation k of side s */
#define SIDE(i) ((i)/KM)
#define INC(i)  ((i)%KM+1)
#define PREV(i) ((i) > 0 -> (i)-1 : 0)
#define RMAX(s) ((s)==A -> RA : RB)

/* the name by which a link speaks and is spoken to: life and epoch, 4 bits, compared as (life, epoch); 0 none */
#define CODE(k,e) ((k)<<2 | (e))
#define LIFE(c)   ((c)>>2)
#define EPOCH(c)  ((c)&3)
#ifdef M_NO_EPOCH         /* mutation m1: a link that was added again speaks as the one before it */
#define ME(i) CODE(INC(i), 0)
#elif defined(M_EPOCH_RESTARTS)  /* mutation m5: the epoch comes from a counter that starts anew with each Add */
#define ME(i) CODE(INC(i), (I[i].ep > 0 -> 1 : 0))
#else
#define ME(i) CODE(INC(i), I[i].ep)
#endif
#ifdef M_EPOCH_FIRST      /* mutation m4: the epoch is compared before the life */
#define KEY(c) (((c)&3)<<2 | (c)>>2)
#else
#define KEY(c) (c)
#endif

/* ---- a frame, packed: used est (1 bit each) src dst (4) seq idx rcv tak crd (3) leave (1) ---- */
#define PK(est,src,dst,seq,idx,rcv,tak,crd) \
  (1 | (est)<<1 | (src)<<2 | (dst)<<6 | (seq)<<10 | (idx)<<13 | (rcv)<<16 | (tak)<<19 | (crd)<<22)
#define F_EST(p) ((p)>>1 & 1)
#define F_SRC(p) ((p)>>2 & 15)
#define F_DST(p) ((p)>>6 & 15)
#define F_SEQ(p) ((p)>>10 & 7)
#define F_IDX(p) ((p)>>13 & 7)
#define F_RCV(p) ((p)>>16 & 7)
#define F_TAK(p) ((p)>>19 & 7)
#define F_CRD(p) ((p)>>22 & 7)
#define LEAVEBIT (1<<25)
#define F_LEAVE(p) ((p)>>25 & 1)

typedef Inst {            /* one incarnation of one side: its present link, and what outlives a link */
  byte on;                /* 0 not yet, 1 lives, 2 dead, 3 closes: sends what is queued, says `leave` */
  byte mem;               /* is the peer in its configuration: 1 yes, 2 removed, the leave is repeated, 0 removed, nothing is left */
  byte ep;                /* epoch of the link: how often the peer was added again */
  byte flo;               /* newest link of the peer that a removed link of this life held a session with; 0 none */
  byte peer;              /* link of the peer in the session; 0 none */
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
#ifdef FORMER
  bit open;               /* a frame of the session has come: the peer holds it too (phase OPEN) */
#endif
  byte box0; byte box1;   /* ghost: what is in the inbox, life of the sender * 8 + index, oldest first */
};

Inst I[2*KM];
int  net[4];              /* net[s*2+c]: frames on the way to side s */

/* ghosts: what really happened, invisible to the protocol */
#define LINKS (KM*EM)     /* links of a side: P(i,k) is a pair of links, of which the first is the present one of instance i */
#define ONE(c) ((LIFE(c)-1)*EM+EPOCH(c))
#define Q(s,c,d) (((s)*LINKS+ONE(c))*LINKS+ONE(d))      /* link c of side s, link d of the other */
#define P(i,c) Q(SIDE(i),ME(i),c)
byte gbase[2*LINKS*LINKS]; /* [sender x][receiver]: base at establishment */
byte gdel [2*LINKS*LINKS]; /* [receiver x][sender]: delivered to the inbox */
byte gtak [2*LINKS*LINKS]; /* ... taken by the application */
#ifdef HEARD
bit  gheard[2*KM*LINKS];  /* [instance x][link of the peer]: x, with a link, has read a frame of that link */
#endif
byte glast[2*KM];         /* newest sender link delivered at x, in all of this life */
byte gmax [2*KM*KM];      /* [receiver instance][life of the sender]: the highest index that this life's application has taken */
byte grep [2*KM*KM];      /* [sender instance][life of the receiver]: VOID: up to here a leave has voided; else: up to here PEER_RESTARTED has said that it may be taken twice,
                             though the receiver's life is the same: it removed us and added us, and we missed its leave */
#define L(i,k) ((i)*KM+(k)-1)
#ifdef FORMER
short former[2*LINKS];    /* what the hello of a link says of the link before it: epoch, link of the peer, taken; 0 nothing */
#define FORMER_OF(s,c) former[(s)*LINKS+ONE(c)]
#endif

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
#define STATE(i,seq,idx) PK(1, ME(i), I[i].peer, seq, idx, I[i].rrcv, I[i].rtak, GRANT(i))
#ifdef M_EARLY_CREDIT    /* mutation: the answer to a HELLO already grants credit */
#define HELLO(i,dst)     PK(0, ME(i), dst, 0, 0, 0, 0, W - I[i].old - I[i].rrcv + I[i].rtak)
#else
#define HELLO(i,dst)     PK(0, ME(i), dst, 0, 0, 0, 0, 0)
#endif

inline ledger(i) { assert(I[i].acc == I[i].del + I[i].voi + (I[i].acc - I[i].head)) }

/* the peer's `taken` up to t of this session: it frees and settles */
inline settle(i) {
  if
  :: I[i].base + t > I[i].head ->
     assert(t <= gtak[Q(1-SIDE(i),I[i].peer,ME(i))]);                   /* S4, S5 */
     assert(I[i].base + t <= gmax[L(X(1-SIDE(i),LIFE(I[i].peer)),INC(i))]);  /* S4: by what that life's application has */
     I[i].del = I[i].del + I[i].base + t - I[i].head; I[i].head = I[i].base + t
  :: else
  fi;
  t = 0
}
inline left(i) { /* the peer's leave is heard: its `taken` is final */
  I[i].gone = 1;
#ifndef EXACT_ON_NEITHER
  assert(I[i].head - I[i].base == gtak[Q(1-SIDE(i),I[i].peer,ME(i))]);  /* S10: the ledger is exact */
#endif
#ifdef VOID
  I[i].voi = I[i].voi + I[i].acc - I[i].head; I[i].head = I[i].acc;
  grep[L(i,LIFE(I[i].peer))] = I[i].acc
#endif
}

inline establish(i, c) {
#ifdef HEARD
  assert(gheard[X(1-SIDE(i),LIFE(c))*LINKS+ONE(ME(i))]);  /* S6: the peer, while it had us in its configuration, has heard this link */
#endif
  assert(EPOCH(c) <= I[X(1-SIDE(i),LIFE(c))].ep || I[X(1-SIDE(i),LIFE(c))].on == 2);  /* S6: that link was there */
#ifdef FORMER
  if
  :: I[i].peer != 0 && !I[i].gone && FORMER_OF(1-SIDE(i),c) && LIFE(I[i].peer) == LIFE(c) &&
     (FORMER_OF(1-SIDE(i),c)>>7) == EPOCH(I[i].peer) && (FORMER_OF(1-SIDE(i),c)>>3 & 15) == ME(i) ->
     t = FORMER_OF(1-SIDE(i),c) & 7;
     settle(i);
     left(i)                                             /* as if its leave had been heard */
  :: else
  fi;
#endif
  if
  :: I[i].peer != 0 && !I[i].gone ->                  /* the peer restarted, or removed us and added us: PEER_RESTARTED */
#ifdef VOID
     I[i].voi = I[i].voi + I[i].acc - I[i].head; I[i].head = I[i].acc
#else
     if
     :: LIFE(I[i].peer) == LIFE(c) -> grep[L(i,LIFE(c))] = I[i].acc
     :: else
     fi
#endif
  :: else
  fi;
#ifdef FORMER
  I[i].open = 0;
#endif
  I[i].peer = c; I[i].gone = 0;
  I[i].base = I[i].head; I[i].nxt = 0; I[i].srcv = 0;
#ifndef M_KEEP_CREDIT
  I[i].scrd = 0;
#endif
#ifdef M_EARLY_CREDIT
  if :: !F_EST(p) -> I[i].scrd = F_CRD(p) :: else fi;
#endif
  I[i].old = I[i].old + I[i].rrcv - I[i].rtak; I[i].rrcv = 0; I[i].rtak = 0; I[i].oidx = 0;
  gbase[P(i,c)] = I[i].base;
}

inline deliver(i, c, d) { /* into the inbox, which is FIFO */
  assert((c) >= glast[i]);                                                 /* S3 */
  glast[i] = c;
  assert(d == gbase[Q(1-SIDE(i),c,ME(i))] + gdel[P(i,c)] + 1);            /* S1, S2 */
  gdel[P(i,c)]++;
  I[i].rrcv++;
  if
  :: I[i].box0 == 0 -> I[i].box0 = LIFE(c)<<3 | (d)
  :: else -> assert(I[i].box1 == 0); I[i].box1 = LIFE(c)<<3 | (d)
  fi
}

/* frame p has arrived at incarnation i */
inline receive(i, p) {
#ifdef HEARD
  gheard[(i)*LINKS+ONE(F_SRC(p))] = 1;
#endif
  if
#ifdef M_TWO_STEP   /* mutation: believe a HELLO that does not name us */
  :: KEY(F_SRC(p)) > KEY(I[i].peer) && F_DST(p) == 0 -> establish(i, F_SRC(p))
#endif
#ifdef M_NO_ORDER   /* mutation: the newest handshake wins, not the newest incarnation */
  :: F_DST(p) == ME(i) && F_SRC(p) != I[i].peer && F_EST(p) == 0 -> establish(i, F_SRC(p))
#endif
  :: F_DST(p) == ME(i) && KEY(F_SRC(p)) > KEY(I[i].peer) && KEY(F_SRC(p)) >= KEY(I[i].flo) -> establish(i, F_SRC(p))
  :: else
  fi;
  if
#ifdef M_NO_ACK_DST
  :: F_SRC(p) == I[i].peer && F_EST(p)
#elif defined(M_NO_ACK_SRC)
  :: F_DST(p) == ME(i) && F_EST(p)
#else
  :: F_DST(p) == ME(i) && F_SRC(p) == I[i].peer && F_EST(p)
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
     settle(i);
#ifdef FORMER
     I[i].open = 1;
#endif
#ifdef M_REL_CREDIT
     if :: F_CRD(p) && I[i].scrd < 6 -> I[i].scrd++ :: else fi;
#else
     if :: F_CRD(p) > I[i].scrd -> I[i].scrd = F_CRD(p) :: else fi;
#endif
     if
     :: F_LEAVE(p) && !I[i].gone -> left(i)
     :: else
     fi
  :: else
  fi;
  if
#ifdef M_NO_DATA_DST
  :: F_SRC(p) == I[i].peer && F_SEQ(p)
#elif defined(M_NO_DATA_SRC)
  :: F_DST(p) == ME(i) && F_SEQ(p)
#else
  :: F_DST(p) == ME(i) && F_SRC(p) == I[i].peer && F_SEQ(p) && I[i].on != 3
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

#define UNKNOWN(i,p) (F_DST(p) != ME(i) && KEY(F_SRC(p)) >= KEY(I[i].peer) && KEY(F_SRC(p)) >= KEY(I[i].flo))
/* a stale life, while no session is held yet: it is told by an answer that names the newest that was known. (While one is
 * held, every frame of the session tells it.) */
#define STALE(i,p) (I[i].peer == 0 && KEY(F_SRC(p)) < KEY(I[i].flo))

/* what instance i may send as data: seq t, srcv < t <= nxt+1, within queue and credit */
#define MAYSEND(i,q) (I[i].peer && !I[i].gone && (q) > I[i].srcv && (q) <= I[i].nxt + 1 && (q) + I[i].base <= I[i].acc && (q) <= I[i].scrd && (q)+I[i].base > I[i].head)

/* SKEW: clocks disagree, so lives of A start in any order of their numbers; the third number is kept for BUMP:
 * a life that never held a session and reads of a newer one of its pid draws a new number above that */
#ifdef SKEW
#define MAYSTART(i) (INC(i) < 3 && (SIDE(i) == A || INC(i) == 1 || I[PREV(i)].on))
#define BUMP(i,p)   (SIDE(i) == A && I[i].peer == 0 && NEVER(i) && LIFE(F_DST(p)) > INC(i) && LIFE(F_DST(p)) < KA && I[X(A,LIFE(F_DST(p))+1)].on == 0)
#ifdef M_BUMP_FORGETS     /* mutation: whether a session was ever held is asked of the present link only */
#define NEVER(i) 1
#else
#define NEVER(i) (I[i].flo == 0)
#endif
byte lasts;               /* the life of A that started last */
inline bump(i, p) {
#ifndef M_NO_BUMP
  assert(I[i].flo == 0);  /* who has held a session gives in, and is not born again */
  lasts = X(A,LIFE(F_DST(p))+1); I[lasts].on = 1; I[lasts].mem = 1; I[lasts].acc = I[i].acc; I[i].acc = 0; I[i].on = 2
#else
  skip
#endif
}
#else
#define MAYSTART(i) (INC(i) == 1 || I[PREV(i)].on)
#define BUMP(i,p)   0
#define bump(i,p)   skip
#endif

inline clear(j) { /* what a link knows of its session */
  I[j].peer = 0; I[j].gone = 0; I[j].base = I[j].head; I[j].nxt = 0; I[j].srcv = 0; I[j].scrd = 0;
  I[j].rrcv = 0; I[j].rtak = 0; I[j].oidx = 0
}
inline note(j) { /* what outlives a link: the newest life of the peer that is known */
#ifndef M_FORGET_LIFE     /* mutation: a link that was added again takes whoever comes first */
  if :: KEY(I[j].peer) > KEY(I[j].flo) -> I[j].flo = I[j].peer :: else fi
#else
  skip
#endif
}
inline remove(j) { /* the configuration of j has the peer no more */
  I[j].voi = I[j].voi + I[j].acc - I[j].head; I[j].head = I[j].acc;     /* what was queued is voided */
  I[j].base = I[j].head; I[j].nxt = 0; I[j].srcv = 0; I[j].scrd = 0; I[j].oidx = 0;
#if !defined(M_INBOX_KEPT) && !defined(M_LEAVE_NOT_FINAL)
  I[j].old = 0; I[j].box0 = 0; I[j].box1 = 0;                            /* what was not taken is dropped */
#endif
#ifdef M_INBOX_KEPT       /* mutation m2: it is handed out all the same */
  I[j].old = I[j].old + I[j].rrcv - I[j].rtak;
#endif
  I[j].mem = 2
}
inline tell(j, p) { /* a newer life of the peer holds the link that was removed (we answered it before): the leave is for that one */
#ifndef M_LEAVE_TO_ONE    /* mutation: the leave goes only to the life that the session was held with */
  if
  :: F_DST(p) == ME(j) && KEY(F_SRC(p)) > KEY(I[j].peer) && KEY(F_SRC(p)) >= KEY(I[j].flo) && F_EST(p) ->
     note(j); I[j].peer = F_SRC(p); I[j].rrcv = 0; I[j].rtak = 0; I[j].gone = 0
  :: else
  fi
#else
  skip
#endif
}
inline forget(j) { /* the leave was heard, or the time is up */
  I[j].mem = 0; note(j);
#ifdef FORMER
  keep(j);
#endif
#ifdef M_LEAVE_NOT_FINAL
  I[j].old = 0; I[j].box0 = 0; I[j].box1 = 0;
#endif
#ifndef M_STRAY_LEAVE
  I[j].peer = 0;
#endif
  I[j].rrcv = 0; I[j].rtak = 0; I[j].gone = 0
}
#ifdef FORMER
inline keep(j) { /* the last link of this life that was OPEN: its epoch, the peer's link, `taken` for good */
  if
#ifdef M_FORMER_HALF      /* mutation: the last that held a session, though the peer may never have held it and still hold the one before */
  :: I[j].peer
#else
  :: I[j].peer && I[j].open
#endif
     -> FORMER_OF(SIDE(j),CODE(INC(j),I[j].ep)) = I[j].ep<<7 | I[j].peer<<3 | I[j].rtak
  :: else
  fi;
  I[j].open = 0
}
#endif
inline add(j) { /* a new link; what was left of the leave of the old one ends */
  if :: I[j].mem == 2 -> forget(j) :: else fi;
#ifdef M_STRAY_LEAVE
  I[j].peer = 0;
#endif
#ifdef FORMER             /* the slot of the removed link holds what it left; that of the new one says it in its hello */
  FORMER_OF(SIDE(j),CODE(INC(j),I[j].ep+1)) = FORMER_OF(SIDE(j),CODE(INC(j),I[j].ep));
#endif
  I[j].ep++; I[j].mem = 1; clear(j)
}
#ifdef MOVE               /* another url, without keys: removed and added in one, but what is queued is kept */
inline move(j) {
#ifdef VOID
  if :: I[j].peer && !I[j].gone -> I[j].voi = I[j].voi + I[j].acc - I[j].head; I[j].head = I[j].acc :: else fi;
#else
  if :: I[j].peer -> grep[L(j,LIFE(I[j].peer))] = I[j].acc :: else fi;   /* PEER_MOVED says that it may be taken twice */
#endif
  I[j].old = 0; I[j].box0 = 0; I[j].box1 = 0; I[j].mem = 2;
  add(j)
}
#endif
inline kill(j) {
  I[j].on = 2; I[j].peer = 0; I[j].acc = 0; I[j].head = 0; I[j].base = 0; I[j].nxt = 0; I[j].srcv = 0; I[j].scrd = 0;
  I[j].del = 0; I[j].voi = 0; I[j].rrcv = 0; I[j].rtak = 0; I[j].old = 0; I[j].oidx = 0; I[j].gone = 0;
  I[j].mem = 0; I[j].ep = 0; I[j].flo = 0; I[j].box0 = 0; I[j].box1 = 0; glast[j] = 0;
#ifdef FORMER
  I[j].open = 0
#endif
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
  q = I[i].box0; I[i].box0 = I[i].box1; I[i].box1 = 0;
  assert(q);
  if
  :: (q & 7) > gmax[L(i,q>>3)] -> gmax[L(i,q>>3)] = q & 7
#ifdef VOID
     ; assert((q & 7) > grep[L(X(1-SIDE(i),q>>3),INC(i))])               /* S10: what was voided at a leave is never taken */
#endif
  :: else /* this life's application has it already: only if we removed the sender and added it, and it has said so */
#if defined(FORMER) || defined(VOID) || defined(STRICT)
     assert(0)                                                             /* T: never twice in one life */
#else
     assert((q & 7) <= grep[L(X(1-SIDE(i),q>>3),INC(i))])                /* T */
#endif
  fi;
  q = 0;
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

/* the network hands one of its frames to incarnation i; unknown ones are answered. What names a link that does not exist
 * any more is for nobody; none names one that is yet to be (F) */
#define READ(i,c) \
  :: atomic { (I[i].on == 1 || I[i].on == 3) && I[i].mem == 1 && net[SIDE(i)*2+c] && (QUIET || LATE(i)) -> \
       p = net[SIDE(i)*2+c]; assert(LIFE(F_DST(p)) != INC(i) || EPOCH(F_DST(p)) <= I[i].ep); d_step { receive(i, p) } \
       if :: QUIET && BUMP(i,p) -> d_step { bump(i,p) } :: else fi; \
       if :: UNKNOWN(i,p) ANSWER -> put(1-SIDE(i), HELLO(i,F_SRC(p))) \
          :: STALE(i,p) -> put(1-SIDE(i), HELLO(i,I[i].flo)) :: else fi; p = 0 } \
  :: atomic { RMAX(SIDE(i)) && I[i].on == 1 && I[i].mem == 2 && net[SIDE(i)*2+c] && (QUIET || LATE(i)) -> \
       p = net[SIDE(i)*2+c]; d_step { tell(i, p) } p = 0 } \
  STRAY(i,c)
#if defined(M_STRAY_LEAVE)  /* mutation m6: after its time the leave is still repeated to whoever asks; the positions are gone */
#define STRAY(i,c) \
  :: atomic { I[i].on == 1 && I[i].mem == 0 && F_DST(net[SIDE(i)*2+c]) == ME(i) && I[i].peer -> \
       put(1-SIDE(i), PK(1, ME(i), F_SRC(net[SIDE(i)*2+c]), 0, 0, 0, 0, 0) | LEAVEBIT) }
#elif defined(M_STRAY_ANSWER)  /* m6: a server that has removed the peer still answers it, as the link that was */
#define STRAY(i,c) \
  :: atomic { I[i].on == 1 && I[i].mem != 1 && net[SIDE(i)*2+c] && F_DST(net[SIDE(i)*2+c]) != ME(i) -> \
       put(1-SIDE(i), HELLO(i,F_SRC(net[SIDE(i)*2+c]))) }
#elif defined(M_STRAY_NEXT)  /* m6: ... or as the link that may be added one day */
#define STRAY(i,c) \
  :: atomic { I[i].on == 1 && I[i].mem != 1 && I[i].ep < RMAX(SIDE(i)) && net[SIDE(i)*2+c] -> \
       put(1-SIDE(i), PK(0, CODE(INC(i),I[i].ep+1), F_SRC(net[SIDE(i)*2+c]), 0, 0, 0, 0, 0)) }
#elif defined(M_STRAY_STATE)  /* m6: ... or goes on with the old session as if nothing had happened (it acknowledges what it drops) */
#define STRAY(i,c) \
  :: atomic { I[i].on == 1 && I[i].mem == 2 && F_DST(net[SIDE(i)*2+c]) == ME(i) && F_SRC(net[SIDE(i)*2+c]) == I[i].peer && \
       F_SEQ(net[SIDE(i)*2+c]) == I[i].rrcv+1 -> I[i].rrcv++; I[i].rtak = I[i].rrcv; put(1-SIDE(i), STATE(i,0,0)) }
#else
#define STRAY(i,c)
#endif
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
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].peer -> I[i].on = STOP; put(1-SIDE(i), STATE(i,0,0) | LEAVEBIT) } \
  :: atomic { QUIET && I[i].on == 3 -> put(1-SIDE(i), STATE(i,0,0) | LEAVEBIT) } \
  :: atomic { QUIET && I[i].on == 3 && MAYSEND(i,I[i].nxt+1) -> I[i].nxt++; \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt) | LEAVEBIT) } \
  :: atomic { QUIET && I[i].on == 3 && I[i].srcv < I[i].nxt && MAYSEND(i,I[i].srcv+1) -> \
       put(1-SIDE(i), STATE(i,I[i].srcv+1,I[i].base+I[i].srcv+1) | LEAVEBIT) }
#else
#define LEAVES(i)
#endif

#ifdef M_INBOX_KEPT
#define OLDS(i) 1
#else
#define OLDS(i) TAKES(i)
#endif
#if defined(M_LEAVE_NOT_FINAL)  /* mutation m3: the application goes on taking while the leave is repeated, and the frames say so */
#define TAKES(i) (I[i].mem)
#else
#define TAKES(i) (I[i].mem == 1)
#endif
/* the configuration changes. Every frame of a link that was removed is its leave */
#define MEMBERS(i) \
  :: atomic { QUIET && RMAX(SIDE(i)) && I[i].on == 1 && I[i].mem == 1 -> d_step { remove(i) } \
       if :: I[i].peer -> put(1-SIDE(i), STATE(i,0,0) | LEAVEBIT) :: else fi } \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 2 && I[i].peer -> put(1-SIDE(i), STATE(i,0,0) | LEAVEBIT) }      /* again */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 2 -> d_step { forget(i) } }                        /* heard, or in vain */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem != 1 && I[i].ep < RMAX(SIDE(i)) -> d_step { add(i) } } \
  MOVES(i)
#ifdef MOVE
#define MOVES(i) :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].ep < RMAX(SIDE(i)) -> d_step { move(i) } }
#else
#define MOVES(i)
#endif
#define EVENTS(i) \
  :: atomic { QUIET && INC(i) <= KMAX(SIDE(i)) && I[i].on == 0 && MAYSTART(i) -> d_step { crash(i); I[i].on = 1; I[i].mem = 1 } } \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].acc < NMAX(SIDE(i)) -> I[i].acc++ }                   /* outbox */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && !I[i].peer -> put(1-SIDE(i), HELLO(i,0)) }                   /* timer */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].peer -> put(1-SIDE(i), STATE(i,0,0)) }                   /* timer: ack, probe, heartbeat */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && MAYSEND(i,I[i].nxt+1) -> I[i].nxt++; \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt)) }                                   /* new data */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].srcv < I[i].nxt && MAYSEND(i,I[i].srcv+1) -> \
       put(1-SIDE(i), STATE(i,I[i].srcv+1,I[i].base+I[i].srcv+1)) }                              /* again, oldest */ \
  :: atomic { QUIET && I[i].on == 1 && I[i].mem == 1 && I[i].srcv+1 < I[i].nxt && MAYSEND(i,I[i].nxt) -> \
       put(1-SIDE(i), STATE(i,I[i].nxt,I[i].base+I[i].nxt)) }                                   /* again, newest */ \
  :: atomic { QUIET && I[i].on == 1 && (I[i].old && OLDS(i) || TAKES(i) && I[i].rtak < I[i].rrcv) -> d_step { take(i) } }               /* inbox */ \
  LEAVES(i) MEMBERS(i)

#ifdef LIVE
#define SETTLED (I[nw[A]].mem == 1 && I[nw[A]].peer == ME(nw[B]) && I[nw[B]].peer == ME(nw[A]) && \
                 I[nw[A]].head == I[nw[A]].acc && I[nw[B]].head == I[nw[B]].acc)
/* L2: A has removed B, and goes on with its leave until it is heard: B, if it holds that link, hears it */
#define TOLD (I[nw[A]].mem == 2 && (I[nw[B]].peer != ME(nw[A]) || I[nw[B]].gone))
#define N(s) I[nw[s]]
#ifdef SKEW
#define NEWLIFE(s) nw[s] = lasts
#define FENCED (I[nw[A]].peer && LIFE(I[nw[B]].peer) > INC(nw[A]))  /* it has held a session, so it stops */
#else
#define NEWLIFE(s) skip
#ifdef ONLY_UNSENT        /* look only for accepted envelopes that never leave (zero window) */
#define FENCED (I[nw[A]].base + I[nw[A]].nxt == I[nw[A]].acc)
#else
#define FENCED 0
#endif
#endif
#if RA > 0 || RB > 0      /* answers are not all that it says */
bit ans[2];
#define ANSWERS(s) (!ans[s] || N(s).peer == 0)
#define ANSWERED(s,b) ans[s] = b
#else
#define ANSWERS(s) 1
#define ANSWERED(s,b) skip
#endif
inline turn(s) { /* one timer tick of the newest of side s: exactly what the protocol says it sends */
  if
  :: N(s).mem == 2 -> if :: N(s).peer -> pend[s] = STATE(nw[s], 0, 0) | LEAVEBIT :: else fi
  :: N(s).mem == 1 && cand[s] && ANSWERS(s) -> pend[s] = HELLO(nw[s], cand[s]); cand[s] = 0; ANSWERED(s,1)
  :: N(s).mem == 1 && !(cand[s] && ANSWERS(s)) -> ANSWERED(s,0);
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
  :: p && N(s).mem == 2 -> tell(nw[s], p); p = 0
  :: p && N(s).mem == 1 ->
     receive(nw[s], p);
     if :: BUMP(nw[s], p) -> bump(nw[s], p); NEWLIFE(s) :: else fi;
#ifndef M_NO_ANSWER
     if :: UNKNOWN(nw[s], p) -> cand[s] = F_SRC(p) :: STALE(nw[s], p) -> cand[s] = N(s).flo :: else fi;
#endif
     if :: F_EST(p) && F_DST(p) == ME(nw[s]) && F_SRC(p) == N(s).peer && N(s).srcv < N(s).nxt -> evid[s] = 1 :: else fi;
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
       if :: N(s).mem == 1 && (N(s).old || N(s).rtak < N(s).rrcv) -> take(nw[s]); owed[s] = 1 :: else fi } }
#endif

init {
end: do
  EVENTS(0) EVENTS(KM)
#if KA > 1
  EVENTS(1)
#endif
#if KB > 1
  EVENTS(KM+1)
#endif
#if KA > 2
  EVENTS(2)
#endif
#if KB > 2
  EVENTS(KM+2)
#endif
  READ(0,0) READ(KM,0)
#if KA > 1
  READ(1,0)
#endif
#if KB > 1
  READ(KM+1,0)
#endif
#if KA > 2
  READ(2,0)
#endif
#if KB > 2
  READ(KM+2,0)
#endif
#if CAPA > 1 || CAPB > 1
  READ(0,1) READ(KM,1)
#if KA > 1
  READ(1,1)
#endif
#if KB > 1
  READ(KM+1,1)
#endif
#if KA > 2
  READ(2,1)
#endif
#if KB > 2
  READ(KM+2,1)
#endif
#endif
#ifdef LIVE
#define THERE(s,k) (I[X(s,k)].on)
  :: atomic { !stable && (I[0].on == 1 || (KA > 1 && I[KA-1].on == 1) || (KA > 2 && I[1].on == 1)) &&
       (I[KM].on == 1 || (KB > 1 && I[KM+KB-1].on == 1) || (KB > 2 && I[KM+1].on == 1)) -> d_step {
       nw[A] = X(A,1); nw[B] = X(B,1);
#if KA > 1
       if :: I[X(A,2)].on -> nw[A] = X(A,2) :: else fi;
#endif
#if KA > 2
       if :: I[X(A,3)].on -> nw[A] = X(A,3) :: else fi;
#endif
#if KB > 1
       if :: I[X(B,2)].on -> nw[B] = X(B,2) :: else fi;
#endif
#if KB > 2
       if :: I[X(B,3)].on -> nw[B] = X(B,3) :: else fi;
#endif
#ifdef SKEW
       nw[A] = lasts;
#endif
       if :: I[nw[A]].mem && I[nw[B]].mem == 1 -> stable = 1 :: else -> nw[A] = 0; nw[B] = 0 fi
       } }
  ROUND(A,1) ROUND(B,8)
  :: atomic { stable && act == 63 -> act = 0; round++; if :: SETTLED || TOLD -> break :: else fi;
       assert(round < ROUNDS || FENCED) }                                                                  /* L1 */
#endif
  od
}
