/* Sends numbered mails, receives their frames, compares the books and prints one JSON object. */
#include "clock.h"
#include "ledger.h"
#include "loop.h"
#include "options.h"
#include "report.h"
#include "senders.h"
#include "subscribers.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void raise_descriptor_limit(rlim_t wanted)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_max < wanted)
        die(3, "%lu descriptors are needed, the hard limit is %lu", (unsigned long)wanted, (unsigned long)limit.rlim_max);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int count, char **words)
{
    options_read(count, words);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit((rlim_t)(options.sockets + options.connections + 50));
    loop_open();
    ledger_open(options.mails, (uint32_t)options.sockets, (uint32_t)options.connections);

    double opening = subscribers_open();
    ledger_begin(options.seconds);
    options.smtp_host ? smtp_start() : post_start();

    int (*alive)(void) = options.smtp_host ? smtp_alive : post_alive;
    void (*resume)(void) = options.smtp_host ? smtp_resume : post_resume;
    bool stalled = false;
    while (!(ledger_settled() || (ledger_idle() && !alive()))) {
        loop_turn(100);
        if (options.lockstep && ledger_idle())
            resume();
        stalled = now() - ledger.last > options.stall;
        if (stalled || subscribers_lost) /* frames for a socket that is gone will not come */
            break;
    }
    /* A frame that comes twice comes after the books were settled: wait a little for what should not be there. */
    double end = now() + 0.1;
    while (!stalled && now() < end)
        loop_turn(10);
    return report(opening, stalled) ? 0 : 1;
}
