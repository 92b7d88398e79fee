#include "ledger.h"

#include "clock.h"
#include "loop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ledger ledger;

static unsigned char *seen; /* one bit for each mail and socket */
static long *newest;        /* for each socket and connection the newest number that came */

void ledger_open(long limit, uint32_t sockets, uint32_t connections)
{
    ledger = (struct ledger){.limit = limit, .sockets = sockets, .connections = connections};
    ledger.mails = calloc((size_t)limit, sizeof *ledger.mails);
    seen = calloc((size_t)limit * sockets / 8 + 1, 1);
    newest = malloc(((size_t)sockets * connections + 1) * sizeof *newest);
    if (!ledger.mails || !seen || !newest)
        die(3, "no memory for the books of %ld mails and %u sockets", limit, sockets);
    for (size_t i = 0; i < (size_t)sockets * connections; i++)
        newest[i] = -1;
}

void ledger_begin(double seconds)
{
    ledger.begun = ledger.last = now();
    ledger.stop = ledger.begun + seconds;
}

long ledger_next(uint32_t connection)
{
    if (ledger.started == ledger.limit || now() >= ledger.stop)
        return -1;
    ledger.mails[ledger.started].connection = connection;
    return ledger.started++;
}

void ledger_sent(long number)
{
    struct mail *mail = &ledger.mails[number];
    mail->sent = now();
    mail->state = SENT;
    ledger.due += ledger.sockets;
}

void ledger_accepted(long number)
{
    struct mail *mail = &ledger.mails[number];
    mail->replied = ledger.last = now();
    mail->state = ACCEPTED;
    ledger.accepted++;
}

void ledger_refused(long number, const char *reply)
{
    if (!ledger.first_refusal[0])
        snprintf(ledger.first_refusal, sizeof ledger.first_refusal, "%.*s", (int)strcspn(reply, "\r\n"), reply);
    if (number < 0) {
        ledger.turned_away++;
        return;
    }
    ledger.refused++;
    struct mail *mail = &ledger.mails[number];
    if (mail->state == SENT)
        ledger.due -= (long)(ledger.sockets - mail->frames);
    mail->state = REFUSED;
}

void ledger_frame(long number, uint32_t socket, double when)
{
    struct mail *mail = &ledger.mails[number];
    if (number < 0 || number >= ledger.started || (mail->state != SENT && mail->state != ACCEPTED)) {
        ledger.unknown++;
        return;
    }
    size_t bit = (size_t)number * ledger.sockets + socket;
    if (seen[bit / 8] & (1 << bit % 8)) {
        ledger.duplicates++;
        return;
    }
    seen[bit / 8] |= (unsigned char)(1 << bit % 8);
    /* One connection sends its mails one after the other, so their frames keep that order on every socket. */
    long *latest = &newest[(size_t)socket * ledger.connections + mail->connection];
    if (number < *latest)
        ledger.reordered++;
    else
        *latest = number;
    ledger.frames++;
    ledger.due--;
    if (++mail->frames == ledger.sockets)
        mail->framed = when;
    ledger.last = when > ledger.last ? when : ledger.last;
}

void ledger_fault(const char *format, ...)
{
    ledger.malformed++;
    if (ledger.first_fault[0])
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ledger.first_fault, sizeof ledger.first_fault, format, arguments);
    va_end(arguments);
}

bool ledger_idle(void)
{
    return ledger.due == 0 && ledger.accepted + ledger.refused >= ledger.started;
}

bool ledger_settled(void)
{
    return ledger_idle() && (ledger.started == ledger.limit || now() >= ledger.stop);
}
