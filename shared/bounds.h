/*
 * The bounds of the protocol: what both ends of the wire agree on.
 */
#ifndef LOCKER_BOUNDS_H
#define LOCKER_BOUNDS_H

#define PROTOCOL_VERSION 1

#define REQUEST_BYTES_MAX 4096 /* a longer request is invalid_request */
#define REQUEST_ID_SIZE   16

#define COMPARTMENT_ID_MAX  15 /* printable ASCII characters, no space */
#define COMPARTMENT_ID_SIZE 16 /* with its NUL */

#define STATION_NAME_MAX  31
#define STATION_NAME_SIZE 32

#define CODE_DIGITS_MIN 6
#define CODE_DIGITS_MAX 12
#define CODE_SIZE       13 /* with its NUL */

#define SERVICE_REASON_MAX  31 /* printable ASCII characters, spaces among them */
#define SERVICE_REASON_SIZE 32 /* with its NUL */

#define PAGE_LIMIT_DEFAULT 256 /* compartments, expired, history */
#define PAGE_LIMIT_MAX     1024

/* extend: at most ten years at a time, so that no sum of moments can overflow */
#define EXTEND_BY_MS_MAX (INT64_C(3653) * 24 * 3600 * 1000)

#endif
