/* The bytes of a WebSocket frame as a server sends it (RFC 6455 section 5.2), and what a message frame must hold. */
#ifndef FRAME_H
#define FRAME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OPCODE_TEXT = 1, OPCODE_CLOSE = 8, OPCODE_PING = 9, OPCODE_PONG = 10 };

struct frame {
    unsigned char first, second; /* FIN, RSV and opcode; MASK and length */
    size_t header, payload;      /* lengths */
};

/* False while the header is not complete. */
bool frame_header(const char *bytes, size_t length, struct frame *frame);
static inline int frame_opcode(const struct frame *frame) { return frame->first & 15; }

/* Checks the payload of a message and books it. */
void frame_message(const struct frame *frame, const char *payload, uint32_t socket, double when);
/* True when the payload is the first frame of a subscription that was granted. */
bool frame_listening(const struct frame *frame, const char *payload);
#endif
