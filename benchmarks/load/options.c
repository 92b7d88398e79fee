#include "options.h"

#include "loop.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options options = {
    .path = "/incoming-messages",
    .recipient = "box@mail.test",
    .connections = 1,
    .mails = 1000,
    .seconds = 60,
    .stall = 10,
};

static const char usage[] =
    "mailload: send numbered mails and check the frames that come out of the WebSocket, on one clock\n"
    "\n"
    "  --smtp HOST:PORT      where mail is sent, or\n"
    "  --post HOST:PORT      where the content is sent instead, by HTTP POST /publish\n"
    "  --content FILE        the mail (CRLF); its Subject holds bench-0000000000, the number is written there\n"
    "  --socket HOST:PORT    where the subscribers connect\n"
    "  --path PATH           of the WebSocket, query included       (/incoming-messages)\n"
    "  --recipient ADDRESS                                          (box@mail.test)\n"
    "  --connections N       that send at the same time             (1)\n"
    "  --sockets N           that subscribe                         (0)\n"
    "  --mails N             in all, at most                        (1000)\n"
    "  --seconds S           begin no mail after S seconds          (60)\n"
    "  --stall S             give up after S seconds of silence     (10)\n"
    "  --pipelining          MAIL, RCPT and DATA in one packet\n"
    "  --one-each            a new connection for every mail\n"
    "  --lockstep            begin a mail when all frames of the one before are here (one connection)\n"
    "  --loose               the number may stand anywhere in the frame, not only in its subject\n"
    "  --save-frame FILE     keep the first frame\n"
    "\n"
    "One JSON object on stdout. Status: 0 all is well, 1 a check failed, 2 wrong use, 3 the system refused.\n";

static const char *host_and_port(char *text, int *port)
{
    char *colon = strrchr(text, ':');
    if (!colon || (*port = atoi(colon + 1)) <= 0)
        die(2, "not HOST:PORT: %s", text);
    *colon = 0;
    return text;
}

void options_read(int count, char **words)
{
    static const struct option table[] = {
        {"smtp", 1, 0, 's'},       {"post", 1, 0, 'p'},       {"socket", 1, 0, 'w'},  {"content", 1, 0, 'c'},
        {"path", 1, 0, 'P'},       {"recipient", 1, 0, 'r'},  {"mails", 1, 0, 'm'},   {"connections", 1, 0, 'n'},
        {"sockets", 1, 0, 'N'},    {"seconds", 1, 0, 't'},    {"stall", 1, 0, 'T'},   {"save-frame", 1, 0, 'f'},
        {"pipelining", 0, 0, 'i'}, {"one-each", 0, 0, 'o'},   {"lockstep", 0, 0, 'l'}, {"loose", 0, 0, 'L'},
        {"help", 0, 0, 'h'},       {0, 0, 0, 0},
    };
    for (int letter; (letter = getopt_long(count, words, "", table, NULL)) != -1;) {
        switch (letter) {
        case 's': options.smtp_host = host_and_port(optarg, &options.smtp_port); break;
        case 'p': options.post_host = host_and_port(optarg, &options.post_port); break;
        case 'w': options.socket_host = host_and_port(optarg, &options.socket_port); break;
        case 'c': options.content = optarg; break;
        case 'P': options.path = optarg; break;
        case 'r': options.recipient = optarg; break;
        case 'm': options.mails = atol(optarg); break;
        case 'n': options.connections = atoi(optarg); break;
        case 'N': options.sockets = atoi(optarg); break;
        case 't': options.seconds = atof(optarg); break;
        case 'T': options.stall = atof(optarg); break;
        case 'f': options.save_frame = optarg; break;
        case 'i': options.pipelining = true; break;
        case 'o': options.one_each = true; break;
        case 'l': options.lockstep = true; break;
        case 'L': options.loose = true; break;
        case 'h': fputs(usage, stdout); exit(0);
        default: die(2, "see mailload --help");
        }
    }
    if (!options.smtp_host == !options.post_host)
        die(2, "one of --smtp and --post is needed");
    if (!options.content || options.connections < 1 || options.mails < 1 || options.sockets < 0)
        die(2, "--content, and counts above zero, are needed");
    if (options.sockets && !options.socket_host)
        die(2, "--sockets needs --socket HOST:PORT");
    if (options.lockstep && options.connections != 1)
        die(2, "--lockstep is for one connection");
}
