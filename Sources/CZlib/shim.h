#ifndef CORPORATE_PAYMENT_PORTAL_CZLIB_SHIM_H
#define CORPORATE_PAYMENT_PORTAL_CZLIB_SHIM_H

// zlib 1.2. The functions below are what its header offers only as macros, which Swift does not see.

#include <zlib.h>

/// `windowBits` 15 expects the zlib format (RFC 1950), -15 the bare one (RFC 1951).
static inline int shim_inflateInit(z_stream *stream, int windowBits) {
    return inflateInit2(stream, windowBits);
}

static inline int shim_deflateInit(z_stream *stream, int windowBits) {
    return deflateInit2(stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY);
}

#endif
