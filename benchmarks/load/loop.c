#include "loop.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int poll_fd = -1;

void die(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(status);
}

void loop_open(void)
{
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (poll_fd < 0)
        die(3, "epoll: %s", strerror(errno));
}

static void control(int operation, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (epoll_ctl(poll_fd, operation, watch->fd, &event) < 0)
        die(3, "epoll_ctl: %s", strerror(errno));
}

void loop_add(struct watch *watch, uint32_t events) { control(EPOLL_CTL_ADD, watch, events); }
void loop_change(struct watch *watch, uint32_t events) { control(EPOLL_CTL_MOD, watch, events); }

void loop_close(struct watch *watch)
{
    if (watch->fd >= 0)
        close(watch->fd);
    watch->fd = -1;
}

int loop_turn(int milliseconds)
{
    struct epoll_event events[512];
    int count = epoll_wait(poll_fd, events, 512, milliseconds);
    for (int i = 0; i < count; i++) {
        struct watch *watch = events[i].data.ptr;
        if (watch->fd >= 0) /* an earlier callback of this turn may have closed it */
            watch->ready(watch, events[i].events);
    }
    return count < 0 ? 0 : count;
}

static struct sockaddr_in address_of(const char *host, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        die(2, "not an IPv4 address: %s", host);
    return address;
}

static void prepare(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

int dial(const char *host, int port)
{
    struct sockaddr_in address = address_of(host, port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die(3, "connect to %s:%d: %s", host, port, strerror(errno));
    prepare(fd);
    return fd;
}

int listen_on(const char *host, int port)
{
    struct sockaddr_in address = address_of(host, port);
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 4096) < 0)
        die(3, "listen on %s:%d: %s", host, port, strerror(errno));
    prepare(fd);
    return fd;
}
