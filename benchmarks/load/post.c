/* One HTTP client after the other posts the content: for servers that take no mail but publish what they are given.
 * Each connection is kept and sends its next POST when the answer to the last is here. */
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

struct client {
    struct watch watch; /* first, so that a watch is a client */
    long number;        /* of the POST under way, -1 when none */
    uint32_t index;
    bool writing;
    struct progress progress;
    size_t held;
    char answer[2048];
};

static struct client *clients;
static struct content content;
static int alive;

static void leave(struct client *client, const char *reason)
{
    if (reason)
        ledger_refused(client->number, reason);
    loop_close(&client->watch);
    alive--;
}

static void write_content(struct client *client)
{
    int state = content_write(&content, &client->progress, client->watch.fd);
    if (state < 0) {
        leave(client, "(connection lost while the content was written)");
        return;
    }
    client->writing = state == 0;
    if (state == 1)
        ledger_sent(client->number);
    loop_change(&client->watch, state ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

static void next_post(struct client *client)
{
    char head[300];
    client->number = ledger_next(client->index);
    if (client->number < 0) {
        leave(client, NULL);
        return;
    }
    int length = snprintf(head, sizeof head,
                          "POST /publish HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: application/json\r\n"
                          "Content-Length: %zu\r\n\r\n",
                          options.post_host, options.post_port, content_length(&content));
    content_begin(&client->progress, client->number);
    if (write(client->watch.fd, head, (size_t)length) != length)
        leave(client, "(connection lost while the head was written)");
    else
        write_content(client);
}

static void ready(struct watch *watch, uint32_t events)
{
    struct client *client = (struct client *)watch;
    if (events & EPOLLOUT && client->writing) {
        write_content(client);
        return;
    }
    ssize_t count = read(watch->fd, client->answer + client->held, sizeof client->answer - 1 - client->held);
    if (count < 0 && errno == EAGAIN)
        return;
    if (count <= 0) {
        leave(client, "(connection closed by the server)");
        return;
    }
    client->held += (size_t)count;
    client->answer[client->held] = 0;
    if (!strstr(client->answer, "\r\n\r\n"))
        return;
    client->held = 0;
    if (strncmp(client->answer, "HTTP/1.1 204", 12)) {
        leave(client, client->answer);
        return;
    }
    ledger_accepted(client->number);
    client->number = -1;
    if (!options.lockstep || ledger_idle())
        next_post(client);
}

void post_start(void)
{
    content = content_load(options.content, false);
    clients = calloc((size_t)options.connections, sizeof *clients);
    for (int i = 0; i < options.connections; i++) {
        clients[i].index = (uint32_t)i;
        clients[i].watch = (struct watch){dial(options.post_host, options.post_port), ready};
        clients[i].number = -1;
        loop_add(&clients[i].watch, EPOLLIN);
        alive++;
        next_post(&clients[i]);
    }
}

void post_resume(void)
{
    for (int i = 0; i < options.connections; i++)
        if (clients[i].watch.fd >= 0 && clients[i].number < 0 && ledger_idle())
            next_post(&clients[i]);
}

int post_alive(void) { return alive; }
