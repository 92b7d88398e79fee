#include "json.h"

#include <stdint.h>
#include <string.h>

#define MAX_DEPTH 200

struct reader {
    const unsigned char *at, *end;
};

static bool word_is_plain(uint64_t word)
{
    /* True when none of eight bytes is a quote, a backslash, a control character or above 0x7f. */
    const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
    uint64_t quote = word ^ (ones * '"'), backslash = word ^ (ones * '\\');
    uint64_t special = (quote - ones) | (backslash - ones) | (word - ones * 0x20) | word;
    return !(special & high);
}

static bool hex4(struct reader *r, unsigned *value)
{
    if (r->end - r->at < 4)
        return false;
    *value = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = *r->at++;
        unsigned digit = c >= '0' && c <= '9'   ? c - 0u - '0'
                         : c >= 'a' && c <= 'f' ? c - 'a' + 10u
                         : c >= 'A' && c <= 'F' ? c - 'A' + 10u
                                                : 16u;
        if (digit > 15)
            return false;
        *value = *value << 4 | digit;
    }
    return true;
}

static bool escape(struct reader *r)
{
    if (r->at == r->end)
        return false;
    unsigned char c = *r->at++;
    if (c != 'u')
        return c && strchr("\"\\/bfnrt", c);
    unsigned first, second;
    if (!hex4(r, &first) || (first >= 0xdc00 && first <= 0xdfff))
        return false;
    if (first < 0xd800 || first > 0xdbff)
        return true;
    if (r->end - r->at < 6 || r->at[0] != '\\' || r->at[1] != 'u')
        return false;
    r->at += 2;
    return hex4(r, &second) && second >= 0xdc00 && second <= 0xdfff;
}

static bool utf8(struct reader *r, unsigned char lead)
{
    /* RFC 3629: shortest form only, no surrogates, nothing above U+10FFFF. */
    int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || r->end - r->at < more)
        return false;
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (r->at[0] < low || r->at[0] > high)
        return false;
    for (int i = 1; i < more; i++)
        if (r->at[i] < 0x80 || r->at[i] > 0xbf)
            return false;
    r->at += more;
    return true;
}

/* After the opening quote; leaves the reader after the closing one. */
static bool string(struct reader *r, const char **start, size_t *length)
{
    *start = (const char *)r->at;
    for (;;) {
        while (r->end - r->at >= 8) {
            uint64_t word;
            memcpy(&word, r->at, 8);
            if (!word_is_plain(word))
                break;
            r->at += 8;
        }
        if (r->at == r->end)
            return false;
        unsigned char c = *r->at++;
        if (c == '"') {
            *length = (size_t)((const char *)r->at - 1 - *start);
            return true;
        }
        if (c < 0x20 || (c == '\\' && !escape(r)) || (c > 0x7f && !utf8(r, c)))
            return false;
    }
}

static void space(struct reader *r)
{
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\t' || *r->at == '\n' || *r->at == '\r'))
        r->at++;
}

static bool take(struct reader *r, char wanted)
{
    space(r);
    if (r->at == r->end || *r->at != (unsigned char)wanted)
        return false;
    r->at++;
    return true;
}

static bool digits(struct reader *r)
{
    const unsigned char *start = r->at;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9')
        r->at++;
    return r->at > start;
}

static bool number(struct reader *r)
{
    if (r->at < r->end && *r->at == '-')
        r->at++;
    if (r->at < r->end && *r->at == '0')
        r->at++;
    else if (!digits(r))
        return false;
    if (r->at < r->end && *r->at == '.') {
        r->at++;
        if (!digits(r))
            return false;
    }
    if (r->at < r->end && (*r->at == 'e' || *r->at == 'E')) {
        r->at++;
        if (r->at < r->end && (*r->at == '+' || *r->at == '-'))
            r->at++;
        return digits(r);
    }
    return true;
}

static bool word(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    if ((size_t)(r->end - r->at) < n || memcmp(r->at, text, n))
        return false;
    r->at += n;
    return true;
}

static bool value(struct reader *r, int depth, struct json_facts *facts);

static bool members(struct reader *r, int depth, struct json_facts *facts)
{
    if (take(r, '}'))
        return true;
    do {
        const char *key, *text;
        size_t key_length, text_length;
        if (!take(r, '"') || !string(r, &key, &key_length) || !take(r, ':'))
            return false;
        space(r);
        bool wanted = facts && r->at < r->end && *r->at == '"';
        if (wanted) {
            r->at++;
            if (!string(r, &text, &text_length))
                return false;
            if (key_length == 7 && !memcmp(key, "subject", 7))
                facts->subject = text, facts->subject_length = text_length;
            else if (key_length == 3 && !memcmp(key, "raw", 3))
                facts->raw = text, facts->raw_length = text_length;
        } else if (!value(r, depth + 1, NULL)) {
            return false;
        }
    } while (take(r, ','));
    return take(r, '}');
}

static bool value(struct reader *r, int depth, struct json_facts *facts)
{
    const char *text;
    size_t length;
    space(r);
    if (r->at == r->end || depth > MAX_DEPTH)
        return false;
    switch (*r->at) {
    case '"':
        r->at++;
        return string(r, &text, &length);
    case '{':
        r->at++;
        return members(r, depth, facts);
    case '[':
        r->at++;
        if (take(r, ']'))
            return true;
        do
            if (!value(r, depth + 1, NULL))
                return false;
        while (take(r, ','));
        return take(r, ']');
    case 't':
        return word(r, "true");
    case 'f':
        return word(r, "false");
    case 'n':
        return word(r, "null");
    default:
        return number(r);
    }
}

bool json_object(const char *bytes, size_t length, struct json_facts *facts)
{
    struct reader r = {(const unsigned char *)bytes, (const unsigned char *)bytes + length};
    memset(facts, 0, sizeof *facts);
    if (length < 2 || bytes[0] != '{' || bytes[length - 1] != '}')
        return false;
    return value(&r, 0, facts) && r.at == r.end;
}
