/* SMTP clients (RFC 5321): every reply is read to its last line and must have the code that the step expects. */
#include "content.h"
#include "ledger.h"
#include "loop.h"
#include "options.h"
#include "senders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TROUBLE 20 /* refusals after which nobody connects again */

enum step { GREETING, HELLO, MAIL, RCPT, DATA, CONTENT, DOT, RESTING, QUIT };

static const int expected[] = {
    [GREETING] = 220, [HELLO] = 250, [MAIL] = 250, [RCPT] = 250, [DATA] = 354, [DOT] = 250, [QUIT] = 221,
};

struct client {
    struct watch watch; /* first, so that a watch is a client */
    enum step step;
    long number; /* of the mail under way, -1 when none */
    bool may_pipeline;
    uint32_t index;
    struct progress progress;
    size_t held;
    char replies[4096];
};

static struct client *clients;
static struct content content;
static int alive;

static void ready(struct watch *watch, uint32_t events);

static void connect_client(struct client *client)
{
    client->watch.fd = dial(options.smtp_host, options.smtp_port);
    client->watch.ready = ready;
    client->step = GREETING;
    client->number = -1;
    client->held = 0;
    loop_add(&client->watch, EPOLLIN);
    alive++;
}

static bool more_to_send(void)
{
    return !ledger_settled() && ledger.started < ledger.limit;
}

static void leave(struct client *client)
{
    loop_close(&client->watch);
    alive--;
}

/* An answer that was not expected, or none: the mail is given up, and the connection with it. */
static void trouble(struct client *client, const char *reply)
{
    ledger_refused(client->number, reply);
    leave(client);
    if (more_to_send() && ledger.refused + ledger.turned_away < MAX_TROUBLE)
        connect_client(client);
}

static void say(struct client *client, const char *text)
{
    size_t length = strlen(text);
    if (write(client->watch.fd, text, length) != (ssize_t)length)
        trouble(client, "(connection lost while a command was written)");
}

static void next_mail(struct client *client)
{
    char group[600];
    client->number = ledger_next(client->index);
    if (client->number < 0) {
        client->step = QUIT;
        say(client, "QUIT\r\n");
        return;
    }
    client->step = MAIL;
    if (options.pipelining) {
        snprintf(group, sizeof group, "MAIL FROM:<sender@example.com>\r\nRCPT TO:<%s>\r\nDATA\r\n", options.recipient);
        say(client, group);
    } else {
        say(client, "MAIL FROM:<sender@example.com>\r\n");
    }
}

static void send_content(struct client *client)
{
    switch (content_write(&content, &client->progress, client->watch.fd)) {
    case 1:
        if (client->step == CONTENT)
            client->step = DOT;
        ledger_sent(client->number);
        loop_change(&client->watch, EPOLLIN);
        break;
    case 0:
        loop_change(&client->watch, EPOLLIN | EPOLLOUT);
        break;
    default:
        trouble(client, "(connection lost while the content was written)");
    }
}

static void after_mail(struct client *client)
{
    client->number = -1;
    if (options.one_each) {
        client->step = QUIT;
        say(client, "QUIT\r\n");
    } else if (options.lockstep && !ledger_idle()) {
        client->step = RESTING;
    } else {
        next_mail(client);
    }
}

static void step_done(struct client *client)
{
    char command[400];
    switch (client->step) {
    case GREETING:
        client->step = HELLO;
        say(client, "EHLO bench.example.com\r\n");
        break;
    case HELLO:
        if (options.pipelining && !client->may_pipeline)
            die(1, "the server does not announce PIPELINING");
        if (options.lockstep && !ledger_idle())
            client->step = RESTING;
        else
            next_mail(client);
        break;
    case MAIL:
        client->step = RCPT;
        if (!options.pipelining) {
            snprintf(command, sizeof command, "RCPT TO:<%s>\r\n", options.recipient);
            say(client, command);
        }
        break;
    case RCPT:
        client->step = DATA;
        if (!options.pipelining)
            say(client, "DATA\r\n");
        break;
    case DATA:
        client->step = CONTENT;
        content_begin(&client->progress, client->number);
        send_content(client);
        break;
    case DOT:
        ledger_accepted(client->number);
        after_mail(client);
        break;
    case QUIT:
        leave(client);
        if (options.one_each && more_to_send())
            connect_client(client);
        break;
    case CONTENT:
    case RESTING:
        break;
    }
}

static void reply_line(struct client *client, char *line)
{
    int code = atoi(line);
    bool last_line = strlen(line) < 4 || line[3] != '-';
    if (client->step == HELLO && strlen(line) > 4 && !strncasecmp(line + 4, "PIPELINING", 10))
        client->may_pipeline = true;
    if (client->step == CONTENT || client->step == RESTING || code != expected[client->step])
        trouble(client, line);
    else if (last_line)
        step_done(client);
}

static void read_replies(struct client *client)
{
    ssize_t count = read(client->watch.fd, client->replies + client->held, sizeof client->replies - 1 - client->held);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        if (client->step == QUIT) /* a server that hangs up before its 221 was read has still taken the mail */
            step_done(client);
        else
            trouble(client, "(connection closed by the server)");
        return;
    }
    client->held += (size_t)count;
    client->replies[client->held] = 0;
    char *line = client->replies, *end;
    const int descriptor = client->watch.fd;
    while (client->watch.fd == descriptor && (end = memchr(line, '\n', (size_t)(client->replies + client->held - line)))) {
        *end = 0;
        size_t before = client->held;
        reply_line(client, line);
        if (client->held < before) /* connected anew on the same descriptor: these replies are history */
            return;
        line = end + 1;
    }
    if (client->watch.fd != descriptor)
        return;
    size_t left = (size_t)(client->replies + client->held - line);
    memmove(client->replies, line, left);
    client->held = left;
    if (left == sizeof client->replies - 1)
        trouble(client, "(a reply line without end)");
}

static void ready(struct watch *watch, uint32_t events)
{
    struct client *client = (struct client *)watch;
    if (events & EPOLLOUT && client->step == CONTENT)
        send_content(client);
    if (watch->fd >= 0 && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_replies(client);
}

void smtp_start(void)
{
    content = content_load(options.content, true);
    clients = calloc((size_t)options.connections, sizeof *clients);
    for (int i = 0; i < options.connections; i++) {
        clients[i].index = (uint32_t)i;
        connect_client(&clients[i]);
    }
}

void smtp_resume(void)
{
    for (int i = 0; i < options.connections; i++)
        if (clients[i].watch.fd >= 0 && clients[i].step == RESTING && ledger_idle())
            next_mail(&clients[i]);
}

int smtp_alive(void) { return alive; }
