/* The event loop: epoll, and one callback for each descriptor. */
#ifndef LOOP_H
#define LOOP_H
#include <stdint.h>
#include <sys/epoll.h>

struct watch {
    int fd; /* -1 when closed */
    void (*ready)(struct watch *watch, uint32_t events);
};

void loop_open(void);
void loop_add(struct watch *watch, uint32_t events);
void loop_change(struct watch *watch, uint32_t events);
void loop_close(struct watch *watch); /* closes the descriptor too; closing twice is harmless */
int loop_turn(int milliseconds);      /* number of descriptors that were ready */

/* TCP with TCP_NODELAY, not blocking once connected. Both end the program when the system refuses. */
int dial(const char *host, int port);
int listen_on(const char *host, int port);

void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
#endif
