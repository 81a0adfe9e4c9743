// The C interface of PostgreSQL; the folder of libpq-fe.h comes from pkg-config (Debian: libpq-dev).
#include <libpq-fe.h>
