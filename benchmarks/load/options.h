/* What the command line asks for. */
#ifndef OPTIONS_H
#define OPTIONS_H
#include <stdbool.h>

struct options {
    const char *smtp_host, *post_host, *socket_host; /* mail goes to smtp or post; NULL when not used */
    int smtp_port, post_port, socket_port;
    const char *content, *path, *recipient, *save_frame;
    int connections, sockets;
    long mails;
    double seconds, stall;
    bool pipelining, one_each, lockstep, loose;
};

extern struct options options;
void options_read(int count, char **words);
#endif
