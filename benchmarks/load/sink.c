/* The floor under all servers: takes mail by SMTP, stores nothing, and gives every WebSocket a frame that says only
 * the subject's number and as many x as the mail had bytes. It measures how fast the generator itself is, and with
 * one of the faults below (on every mail whose number ends in 5) it proves that the generator's checks can fail.
 *
 *   mailsink SMTP_PORT WEBSOCKET_PORT [FAULT]
 *
 * It knows only the one Sec-WebSocket-Key that mailload sends. */
#include "content.h"
#include "loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM (128 << 10)

static const char *const faults[] = {"none",  "lose",  "twice", "fragment", "binary", "masked", "cut",     "utf8",
                                     "short", "number", "early", "refuse",  "hangup", "close",  "disorder"};
enum fault { NONE, LOSE, TWICE, FRAGMENT, BINARY, MASKED, CUT, UTF8, SHORT, NUMBER, EARLY, REFUSE, HANGUP, CLOSE, DISORDER };
static enum fault fault;

struct peer {
    struct watch watch;
    bool in_data;
    size_t held, mail_length;
    long number;
    char bytes[ROOM];
};

static struct watch smtp_door, socket_door;
static struct peer *peers[65536]; /* by descriptor */
static int subscribers[65536];
static int subscriber_count;
static char *body;
static size_t body_room;

static void say(int fd, const char *text, size_t length)
{
    while (length) {
        ssize_t written = write(fd, text, length);
        if (written < 0 && errno != EAGAIN)
            return;
        if (written > 0)
            text += written, length -= (size_t)written;
    }
}

#define SAY(fd, text) say(fd, text, sizeof(text) - 1)

static void publish(unsigned char first, unsigned char mask, const char *payload, size_t length)
{
    unsigned char header[10] = {first};
    size_t n = 2;
    if (length < 126) {
        header[1] = (unsigned char)length;
    } else {
        int bytes = length < 65536 ? 2 : 8;
        header[1] = bytes == 2 ? 126 : 127;
        for (int i = bytes - 1; i >= 0; i--)
            header[n++] = (unsigned char)(length >> 8 * i);
    }
    header[1] |= mask;
    for (int i = 0; i < subscriber_count; i++) {
        send(subscribers[i], header, n, MSG_MORE);
        say(subscribers[i], payload, length);
    }
}

static void publish_mail(long number, size_t mail_length, enum fault wrong)
{
    static char kept[200];
    if (body_room < mail_length + 200) {
        body_room = mail_length + 200;
        body = realloc(body, body_room);
    }
    size_t raw = wrong == SHORT ? mail_length / 2 : mail_length;
    int n = sprintf(body, "{\"status\":200,\"subject\":\"" MARKER "%010ld\",\"raw\":\"",
                    wrong == NUMBER ? 999999999L : number);
    memset(body + n, 'x', raw);
    size_t length = (size_t)n + raw;
    memcpy(body + length, "\"}", 2);
    length += 2;
    if (wrong == UTF8)
        body[length - 3] = (char)0xc0;
    if (wrong == CUT)
        length--;
    if (wrong == LOSE)
        return;
    if (wrong == CLOSE) {
        publish(0x88, 0, "\x03\xe8", 2);
        return;
    }
    if (wrong == DISORDER) { /* held back until the next mail's frame is out */
        snprintf(kept, sizeof kept, "%ld", number);
        return;
    }
    if (wrong == FRAGMENT) {
        publish(0x01, 0, body, length / 2);
        publish(0x80, 0, body + length / 2, length - length / 2);
    } else {
        publish(wrong == BINARY ? 0x82 : 0x81, wrong == MASKED ? 0x80 : 0, body, length);
    }
    if (wrong == TWICE)
        publish(0x81, 0, body, length);
    if (kept[0]) {
        long late = atol(kept);
        kept[0] = 0;
        publish_mail(late, mail_length, NONE);
    }
}

static void forget(struct peer *peer)
{
    for (int i = 0; i < subscriber_count; i++)
        if (subscribers[i] == peer->watch.fd)
            subscribers[i--] = subscribers[--subscriber_count];
    loop_close(&peer->watch);
    peer->held = 0;
    peer->in_data = false;
}

/* One command line, CRLF included. */
static void command(struct peer *peer, const char *line)
{
    static long begun;
    int fd = peer->watch.fd;
    switch (line[0] & ~32) {
    case 'D':
        peer->in_data = true;
        peer->mail_length = 0;
        peer->number = -1;
        SAY(fd, "354 go on\r\n");
        break;
    case 'Q':
        SAY(fd, "221 bye\r\n");
        forget(peer);
        break;
    case 'E':
        SAY(fd, "250-sink\r\n250 PIPELINING\r\n");
        break;
    default:
        if (fault == EARLY && !strncmp(line, "MAIL", 4)) /* right for a generator with one connection */
            publish_mail(begun++, 5000, NONE);
        SAY(fd, "250 ok\r\n");
    }
}

/* Content up to CRLF.CRLF; four bytes are always kept back, for an end that comes in two reads. Bytes used. */
static size_t content(struct peer *peer, const char *bytes, size_t length)
{
    if (peer->number < 0)
        peer->number = content_number(bytes, length);
    const char *end = memmem(bytes, length, "\r\n.\r\n", 5);
    if (!end) {
        size_t used = length > 4 ? length - 4 : 0;
        peer->mail_length += used;
        return peer->number < 0 ? 0 : used;
    }
    size_t used = (size_t)(end - bytes) + 5;
    enum fault wrong = peer->number % 10 == 5 ? fault : NONE;
    peer->in_data = false;
    if (wrong == REFUSE) {
        SAY(peer->watch.fd, "451 not today\r\n");
    } else if (wrong == HANGUP) {
        forget(peer);
    } else {
        SAY(peer->watch.fd, "250 ok\r\n");
        publish_mail(peer->number, peer->mail_length + used - 3, wrong);
    }
    return used;
}

static size_t mail_bytes(struct peer *peer, const char *bytes, size_t length)
{
    if (peer->in_data)
        return content(peer, bytes, length);
    const char *end = memchr(bytes, '\n', length);
    if (!end)
        return 0;
    command(peer, bytes);
    return (size_t)(end - bytes) + 1;
}

static void mail_ready(struct watch *watch, uint32_t events)
{
    struct peer *peer = (struct peer *)watch;
    (void)events;
    ssize_t count = read(watch->fd, peer->bytes + peer->held, ROOM - peer->held);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        forget(peer);
        return;
    }
    size_t length = peer->held + (size_t)count, used = 0, step;
    do {
        step = mail_bytes(peer, peer->bytes + used, length - used);
        used += step;
    } while (step && watch->fd >= 0 && used < length);
    if (watch->fd < 0)
        return;
    memmove(peer->bytes, peer->bytes + used, length - used);
    peer->held = length - used;
}

static void socket_ready(struct watch *watch, uint32_t events)
{
    static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                 "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
                                 "\x81\x20{\"status\":200,\"msg\":\"Listening\"}";
    struct peer *peer = (struct peer *)watch;
    (void)events;
    ssize_t count = read(watch->fd, peer->bytes + peer->held, ROOM - 1 - peer->held);
    if (count <= 0) {
        forget(peer);
        return;
    }
    peer->held += (size_t)count;
    if (!memmem(peer->bytes, peer->held, "\r\n\r\n", 4))
        return;
    peer->held = 0;
    SAY(watch->fd, answer);
    subscribers[subscriber_count++] = watch->fd;
}

static void door_ready(struct watch *door, uint32_t events)
{
    (void)events;
    int fd = accept4(door->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    if (!peers[fd])
        peers[fd] = malloc(sizeof **peers);
    peers[fd]->held = 0;
    peers[fd]->in_data = false;
    peers[fd]->watch = (struct watch){fd, door == &smtp_door ? mail_ready : socket_ready};
    loop_add(&peers[fd]->watch, EPOLLIN);
    if (door == &smtp_door)
        SAY(fd, "220 sink\r\n");
}

int main(int count, char **words)
{
    if (count < 3)
        die(2, "mailsink SMTP_PORT WEBSOCKET_PORT [FAULT]");
    for (unsigned i = 0; count > 3 && i < sizeof faults / sizeof *faults; i++)
        if (!strcmp(words[3], faults[i]))
            fault = (enum fault)i;
    if (count > 3 && strcmp(words[3], faults[fault]))
        die(2, "no such fault: %s", words[3]);
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
    setrlimit(RLIMIT_NOFILE, &limit);
    signal(SIGPIPE, SIG_IGN);
    loop_open();
    smtp_door = (struct watch){listen_on("127.0.0.1", atoi(words[1])), door_ready};
    socket_door = (struct watch){listen_on("127.0.0.1", atoi(words[2])), door_ready};
    loop_add(&smtp_door, EPOLLIN);
    loop_add(&socket_door, EPOLLIN);
    puts("READY mailsink");
    fflush(stdout);
    for (;;)
        loop_turn(-1);
}
