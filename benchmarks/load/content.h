/* The text that is sent again and again: one file, with a number written in place for every mail. */
#ifndef CONTENT_H
#define CONTENT_H
#include <stdbool.h>
#include <stddef.h>

#define MARKER "bench-" /* followed by NUMBER_DIGITS digits, in the Subject of the file */
#define NUMBER_DIGITS 10

struct content {
    char *before, *after; /* around the digits; for SMTP dot-stuffed and ended by CRLF.CRLF */
    size_t before_length, after_length;
    size_t plain_length; /* bytes of the mail itself, as the receiver should store it */
};

/* Where one sender is within one copy of the content. */
struct progress {
    char digits[NUMBER_DIGITS];
    size_t offset;
};

/* Ends the program when the file cannot be read or holds no marker. */
struct content content_load(const char *path, bool smtp);
size_t content_length(const struct content *content); /* bytes on the wire */
void content_begin(struct progress *progress, long number);
/* Writes as much as the socket takes: 1 all is written, 0 the socket is full, -1 the connection is lost. */
int content_write(const struct content *content, struct progress *progress, int fd);
/* The number after the first marker in the bytes, or -1. */
long content_number(const char *bytes, size_t length);
#endif
