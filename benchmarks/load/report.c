#include "report.h"

#include "ledger.h"
#include "loop.h"
#include "options.h"
#include "subscribers.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Milliseconds from the end of data, over all mails for which that time is known. */
static void print_times(const char *name, double *times, long count)
{
    qsort(times, (size_t)count, sizeof *times, ascending);
    if (!count)
        printf(",\"%s\":null", name);
    else
        printf(",\"%s\":{\"count\":%ld,\"p50\":%.4f,\"p99\":%.4f,\"max\":%.4f}", name, count, times[count / 2] * 1e3,
               times[(long)((double)count * 0.99)] * 1e3, times[count - 1] * 1e3);
}

static void print_text(const char *name, const char *text)
{
    printf(",\"%s\":\"", name);
    for (; *text; text++)
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar(*text < ' ' || *text > '~' ? '?' : *text);
    putchar('"');
}

static double own_cpu(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

bool report(double opening, bool stalled)
{
    double *replies = malloc((size_t)(ledger.limit + 1) * sizeof *replies);
    double *frames = malloc((size_t)(ledger.limit + 1) * sizeof *frames);
    long reply_count = 0, frame_count = 0;
    double last_reply = ledger.begun, last_frame = ledger.begun;
    for (long i = 0; i < ledger.started; i++) {
        const struct mail *mail = &ledger.mails[i];
        if (mail->replied > 0) {
            replies[reply_count++] = mail->replied - mail->sent;
            last_reply = mail->replied > last_reply ? mail->replied : last_reply;
        }
        if (mail->framed > 0) {
            frames[frame_count++] = mail->framed - mail->sent;
            last_frame = mail->framed > last_frame ? mail->framed : last_frame;
        }
    }
    double accepting = last_reply - ledger.begun;
    double whole = (last_frame > last_reply ? last_frame : last_reply) - ledger.begun;
    long expected = ledger.accepted * (long)ledger.sockets;
    bool good = ledger.accepted > 0 && !ledger.refused && !ledger.turned_away && !ledger.duplicates &&
                !ledger.unknown && !ledger.malformed && !ledger.reordered && !subscribers_lost &&
                ledger.frames == expected && !stalled;
    printf("{\"ok\":%s,\"stalled\":%s", good ? "true" : "false", stalled ? "true" : "false");
    printf(",\"mails\":%ld,\"accepted\":%ld,\"refused\":%ld,\"turned_away\":%ld", ledger.started, ledger.accepted,
           ledger.refused, ledger.turned_away);
    printf(",\"sockets\":%u,\"expected_frames\":%ld,\"frames\":%ld,\"duplicates\":%ld,\"unknown\":%ld", ledger.sockets,
           expected, ledger.frames, ledger.duplicates, ledger.unknown);
    printf(",\"malformed\":%ld,\"reordered\":%ld,\"sockets_lost\":%ld,\"frame_bytes\":%llu", ledger.malformed,
           ledger.reordered, subscribers_lost, subscribers_bytes);
    printf(",\"seconds\":%.6f,\"rate\":%.2f,\"accept_rate\":%.2f", whole, whole > 0 ? (double)ledger.accepted / whole : 0,
           accepting > 0 ? (double)ledger.accepted / accepting : 0);
    print_times("reply_ms", replies, reply_count);
    print_times("frame_ms", frames, frame_count);
    printf(",\"opening_seconds\":%.4f,\"own_cpu_seconds\":%.4f", opening, own_cpu());
    print_text("first_refusal", ledger.first_refusal);
    print_text("first_fault", ledger.first_fault);
    puts("}");
    return good;
}
