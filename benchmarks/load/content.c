#include "content.h"

#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (!file)
        die(2, "%s: %s", path, strerror(errno));
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*length + 1);
    if (fread(bytes, 1, *length, file) != *length)
        die(2, "%s: cannot be read", path);
    fclose(file);
    bytes[*length] = 0;
    return bytes;
}

/* RFC 5321 section 4.5.2: a dot that opens a line is doubled, CRLF.CRLF ends the content. The result holds at
 * most twice the bytes and the five of the end; a file that does not end in CRLF gets one. */
static char *stuff(const char *plain, size_t length, size_t *stuffed_length, size_t *plain_length)
{
    char *out = malloc(2 * length + 8);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        bool opens_line = i == 0 || (i >= 2 && plain[i - 2] == '\r' && plain[i - 1] == '\n');
        if (plain[i] == '.' && opens_line)
            out[n++] = '.';
        out[n++] = plain[i];
    }
    *plain_length = length;
    if (length < 2 || memcmp(plain + length - 2, "\r\n", 2)) {
        memcpy(out + n, "\r\n", 2);
        n += 2;
        *plain_length += 2;
    }
    memcpy(out + n, ".\r\n", 3);
    *stuffed_length = n + 3;
    return out;
}

struct content content_load(const char *path, bool smtp)
{
    struct content content;
    size_t length;
    char *bytes = read_file(path, &length);
    content.plain_length = length;
    if (smtp)
        bytes = stuff(bytes, length, &length, &content.plain_length);
    char *marker = memmem(bytes, length, MARKER, strlen(MARKER));
    if (!marker || marker + strlen(MARKER) + NUMBER_DIGITS > bytes + length)
        die(2, "%s: no %s0000000000 to write the number into", path, MARKER);
    content.before = bytes;
    content.before_length = (size_t)(marker - bytes) + strlen(MARKER);
    content.after = marker + strlen(MARKER) + NUMBER_DIGITS;
    content.after_length = length - content.before_length - NUMBER_DIGITS;
    return content;
}

size_t content_length(const struct content *content)
{
    return content->before_length + NUMBER_DIGITS + content->after_length;
}

void content_begin(struct progress *progress, long number)
{
    for (int i = NUMBER_DIGITS - 1; i >= 0; i--, number /= 10)
        progress->digits[i] = (char)('0' + number % 10);
    progress->offset = 0;
}

int content_write(const struct content *content, struct progress *progress, int fd)
{
    const size_t total = content_length(content);
    while (progress->offset < total) {
        struct iovec pieces[3] = {
            {content->before, content->before_length},
            {progress->digits, NUMBER_DIGITS},
            {content->after, content->after_length},
        };
        size_t skip = progress->offset;
        int first = 0;
        while (skip >= pieces[first].iov_len)
            skip -= pieces[first++].iov_len;
        pieces[first].iov_base = (char *)pieces[first].iov_base + skip;
        pieces[first].iov_len -= skip;
        ssize_t written = writev(fd, pieces + first, 3 - first);
        if (written < 0)
            return errno == EAGAIN ? 0 : -1;
        progress->offset += (size_t)written;
    }
    return 1;
}

long content_number(const char *bytes, size_t length)
{
    const char *marker = memmem(bytes, length, MARKER, strlen(MARKER));
    if (!marker || marker + strlen(MARKER) + NUMBER_DIGITS > bytes + length)
        return -1;
    long number = 0;
    for (int i = 0; i < NUMBER_DIGITS; i++) {
        char digit = marker[strlen(MARKER) + (size_t)i];
        if (digit < '0' || digit > '9')
            return -1;
        number = number * 10 + (digit - '0');
    }
    return number;
}
