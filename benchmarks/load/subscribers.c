#include "subscribers.h"

#include "clock.h"
#include "frame.h"
#include "ledger.h"
#include "loop.h"
#include "options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT_ONCE 100 /* handshakes under way at the same time */

/* The example of RFC 6455 section 1.3: what this key must be answered with needs no SHA-1 here. */
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

struct subscriber {
    struct watch watch; /* first, so that a watch is a subscriber */
    enum { UPGRADING, GREETED_NEXT, OPEN } phase;
    uint32_t index;
    char *held; /* a frame that has come only in part */
    size_t length, room;
};

long subscribers_lost;
unsigned long long subscribers_bytes;
static struct subscriber *subscribers;
static int listening;
static char shared[1 << 20]; /* what one read brings */

static void lost(struct subscriber *subscriber, const char *why)
{
    if (subscriber->phase != OPEN)
        die(1, "socket %u was refused: %s", subscriber->index, why);
    ledger_fault("socket %u was closed: %s", subscriber->index, why);
    subscribers_lost++;
    loop_close(&subscriber->watch);
}

static void pong(struct subscriber *subscriber, const char *payload, size_t length)
{
    char frame[131] = {(char)(0x80 | OPCODE_PONG), (char)(0x80 | length)}; /* the mask is four zero bytes */
    memcpy(frame + 6, payload, length);
    if (write(subscriber->watch.fd, frame, 6 + length) < 0)
        lost(subscriber, "no pong could be written");
}

/* Returns how many bytes of the answer to the upgrade there were, 0 while it is not complete. */
static size_t upgraded(struct subscriber *subscriber, const char *bytes, size_t length)
{
    const char *end = memmem(bytes, length, "\r\n\r\n", 4);
    if (!end)
        return 0;
    if (strncmp(bytes, "HTTP/1.1 101", 12) || !memmem(bytes, (size_t)(end - bytes), ACCEPT, strlen(ACCEPT)))
        die(1, "the upgrade was refused: %.*s", (int)(length < 500 ? length : 500), bytes);
    subscriber->phase = GREETED_NEXT;
    return (size_t)(end - bytes) + 4;
}

static void take_frame(struct subscriber *subscriber, const struct frame *frame, const char *payload, double when)
{
    switch (frame_opcode(frame)) {
    case OPCODE_PING:
        if (frame->payload <= 125)
            pong(subscriber, payload, frame->payload);
        break;
    case OPCODE_PONG:
        break;
    case OPCODE_CLOSE:
        lost(subscriber, "close frame");
        break;
    default:
        if (subscriber->phase == OPEN) {
            frame_message(frame, payload, subscriber->index, when);
        } else if (frame_listening(frame, payload)) {
            subscriber->phase = OPEN;
            listening++;
        } else {
            die(1, "the first frame is not the greeting: %.*s",
                (int)(frame->payload < 500 ? frame->payload : 500), payload);
        }
    }
}

/* Takes every whole frame and returns how many bytes that were; *wanted becomes the size of the frame that follows. */
static size_t take_all(struct subscriber *subscriber, const char *bytes, size_t length, size_t *wanted, double when)
{
    size_t used = 0;
    struct frame frame;
    *wanted = 0;
    if (subscriber->phase == UPGRADING && !(used = upgraded(subscriber, bytes, length)))
        return 0;
    while (subscriber->watch.fd >= 0 && frame_header(bytes + used, length - used, &frame)) {
        *wanted = frame.header + frame.payload;
        if (length - used < *wanted)
            break;
        take_frame(subscriber, &frame, bytes + used + frame.header, when);
        used += *wanted;
        *wanted = 0;
    }
    return used;
}

/* Keeps the part of a frame that is here; the bytes may lie in what is held already. */
static void hold(struct subscriber *subscriber, const char *bytes, size_t length, size_t wanted)
{
    size_t room = wanted > length ? wanted : length + 4096;
    bool inside = subscriber->length > 0;
    if (inside && bytes > subscriber->held)
        memmove(subscriber->held, bytes, length);
    if (room > subscriber->room) {
        subscriber->held = realloc(subscriber->held, room);
        subscriber->room = room;
        if (!subscriber->held)
            die(3, "no memory for a frame of %zu bytes", room);
    }
    if (!inside)
        memcpy(subscriber->held, bytes, length);
    subscriber->length = length;
}

static void ready(struct watch *watch, uint32_t events)
{
    struct subscriber *subscriber = (struct subscriber *)watch;
    (void)events;
    bool partial = subscriber->length > 0;
    char *into = partial ? subscriber->held + subscriber->length : shared;
    ssize_t count = read(watch->fd, into, partial ? subscriber->room - subscriber->length : sizeof shared);
    double when = now();
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        lost(subscriber, count ? strerror(errno) : "end of stream");
        return;
    }
    subscribers_bytes += (unsigned long long)count;
    size_t length = subscriber->length + (size_t)count, wanted;
    const char *bytes = partial ? subscriber->held : shared;
    size_t used = take_all(subscriber, bytes, length, &wanted, when);
    if (used < length && watch->fd >= 0)
        hold(subscriber, bytes + used, length - used, wanted);
    else
        subscriber->length = 0;
}

static void connect_subscriber(struct subscriber *subscriber)
{
    char request[1200];
    int length = snprintf(request, sizeof request,
                          "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Key: " KEY "\r\nSec-WebSocket-Version: 13\r\n\r\n",
                          options.path, options.socket_host, options.socket_port);
    subscriber->watch = (struct watch){dial(options.socket_host, options.socket_port), ready};
    loop_add(&subscriber->watch, EPOLLIN);
    if (write(subscriber->watch.fd, request, (size_t)length) != length)
        die(3, "the upgrade request could not be written");
}

double subscribers_open(void)
{
    double start = now();
    subscribers = calloc((size_t)options.sockets + 1, sizeof *subscribers);
    for (int i = 0; i < options.sockets; i++) {
        subscribers[i].index = (uint32_t)i;
        connect_subscriber(&subscribers[i]);
        while (i + 1 - listening >= AT_ONCE || (i + 1 == options.sockets && listening < options.sockets))
            if (!loop_turn((int)(options.stall * 1000)))
                die(1, "only %d of %d sockets got their first frame", listening, options.sockets);
    }
    return now() - start;
}
