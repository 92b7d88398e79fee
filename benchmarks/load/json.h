/* A strict check of one JSON object (RFC 8259, valid UTF-8, no lone surrogates), which also finds two members. */
#ifndef JSON_H
#define JSON_H
#include <stdbool.h>
#include <stddef.h>

struct json_facts {
    const char *subject, *raw; /* the string values as encoded, without quotes; NULL when absent */
    size_t subject_length, raw_length;
};

/* True when the bytes are one JSON object and nothing else. Members are looked for at the top level only. */
bool json_object(const char *bytes, size_t length, struct json_facts *facts);
#endif
