#include "frame.h"

#include "content.h"
#include "json.h"
#include "ledger.h"
#include "options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Frames that passed the whole check, so that the same bytes on the next of many sockets are only compared. */
#define KNOWN 4
static struct known {
    char *payload;
    size_t length;
    long number;
} known[KNOWN];
static unsigned next_known;

bool frame_header(const char *bytes, size_t length, struct frame *frame)
{
    const unsigned char *b = (const unsigned char *)bytes;
    if (length < 2)
        return false;
    size_t more = (b[1] & 127) == 127 ? 8 : (b[1] & 127) == 126 ? 2 : 0;
    if (length < 2 + more)
        return false;
    *frame = (struct frame){.first = b[0], .second = b[1], .header = 2 + more, .payload = more ? 0 : b[1] & 127u};
    for (size_t i = 0; i < more; i++)
        frame->payload = frame->payload << 8 | b[2 + i];
    return true;
}

static bool one_text_frame(const struct frame *frame)
{
    return frame->first == (0x80 | OPCODE_TEXT) && !(frame->second & 0x80);
}

bool frame_listening(const struct frame *frame, const char *payload)
{
    struct json_facts facts;
    return one_text_frame(frame) && json_object(payload, frame->payload, &facts) && !facts.subject &&
           memmem(payload, frame->payload, "\"Listening\"", 11);
}

static void save(const char *payload, size_t length)
{
    FILE *file = fopen(options.save_frame, "wb");
    options.save_frame = NULL;
    if (file) {
        fwrite(payload, 1, length, file);
        fclose(file);
    }
}

static long checked_number(const char *payload, size_t length)
{
    static size_t plain_length;
    if (!plain_length && options.smtp_host)
        plain_length = content_load(options.content, true).plain_length;
    struct json_facts facts;
    if (!json_object(payload, length, &facts)) {
        ledger_fault("not one JSON object of valid UTF-8: %.60s", payload);
        return -1;
    }
    /* Encoding a mail as JSON never makes it shorter, so a raw that is shorter than the mail has lost something. */
    if (options.smtp_host && (!facts.raw || facts.raw_length < plain_length)) {
        ledger_fault("raw is absent or too short: %zu of %zu bytes", facts.raw_length, plain_length);
        return -1;
    }
    long number = facts.subject ? content_number(facts.subject, facts.subject_length) : -1;
    if (number < 0 && options.loose)
        number = content_number(payload, length);
    if (number < 0)
        ledger_fault("no number in the subject: %.60s", payload);
    return number;
}

void frame_message(const struct frame *frame, const char *payload, uint32_t socket, double when)
{
    if (!one_text_frame(frame)) {
        ledger_fault("not a single unmasked text frame: bytes %02x %02x", frame->first, frame->second);
        return;
    }
    for (int i = 0; i < KNOWN; i++)
        if (known[i].length == frame->payload && frame->payload &&
            !memcmp(known[i].payload, payload, frame->payload)) {
            ledger_frame(known[i].number, socket, when);
            return;
        }
    long number = checked_number(payload, frame->payload);
    if (number < 0)
        return;
    if (options.save_frame)
        save(payload, frame->payload);
    if (options.sockets > 1) {
        struct known *slot = &known[next_known++ % KNOWN];
        slot->payload = realloc(slot->payload, frame->payload);
        memcpy(slot->payload, payload, frame->payload);
        slot->length = frame->payload;
        slot->number = number;
    }
    ledger_frame(number, socket, when);
}
