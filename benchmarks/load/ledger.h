/* The books: what was sent, what was acknowledged, which frame came to which socket, and when. */
#ifndef LEDGER_H
#define LEDGER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mail {
    double sent, replied, framed; /* last byte given to the kernel; its 250; its frame on the last socket */
    uint32_t frames;
    uint32_t connection;
    enum { UNSENT, SENT, ACCEPTED, REFUSED } state;
};

struct ledger {
    struct mail *mails;
    long limit, started, accepted, refused;
    long turned_away; /* connections that ended badly while no mail was under way */
    uint32_t sockets, connections;
    double begun, stop, last; /* last: when the last good thing happened */
    long frames, duplicates, unknown, malformed, reordered;
    long due; /* frames that must still come */
    char first_refusal[120], first_fault[120];
};

extern struct ledger ledger;

void ledger_open(long limit, uint32_t sockets, uint32_t connections);
void ledger_begin(double seconds);           /* the clock of the measurement starts */
long ledger_next(uint32_t connection);       /* number of the next mail, or -1 when no more shall be sent */
void ledger_sent(long number);
void ledger_accepted(long number);
void ledger_refused(long number, const char *reply); /* number -1: no mail was under way */
void ledger_frame(long number, uint32_t socket, double when);
void ledger_fault(const char *format, ...) __attribute__((format(printf, 1, 2))); /* a malformed frame */
bool ledger_idle(void);    /* nothing is under way: every mail answered, every frame here */
bool ledger_settled(void); /* idle, and no mail is left to be sent */
#endif
