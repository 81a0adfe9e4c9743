#ifndef CORPORATE_PAYMENT_PORTAL_COPENSSL_SHIM_H
#define CORPORATE_PAYMENT_PORTAL_COPENSSL_SHIM_H

// libcrypto of OpenSSL 3.0, EVP interface only. The functions below are what the OpenSSL headers offer only as
// macros, which Swift does not see.

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

/// The bytes a memory BIO holds; they belong to the BIO.
static inline long shim_BIO_get_mem_data(BIO *bio, char **data) {
    return BIO_get_mem_data(bio, data);
}

static inline STACK_OF(X509) *shim_sk_X509_new(void) {
    return sk_X509_new_null();
}

/// Adds without taking a reference: the caller keeps the certificate alive.
static inline int shim_sk_X509_push(STACK_OF(X509) *stack, X509 *certificate) {
    return sk_X509_push(stack, certificate);
}

/// Frees the stack, not the certificates in it.
static inline void shim_sk_X509_free(STACK_OF(X509) *stack) {
    sk_X509_free(stack);
}

/// No database: our extensions refer only to issuer and subject.
static inline void shim_X509V3_set_ctx(X509V3_CTX *context, X509 *issuer, X509 *subject) {
    X509V3_set_ctx_nodb(context);
    X509V3_set_ctx(context, issuer, subject, NULL, NULL, 0);
}

static const int shim_MBSTRING_UTF8 = MBSTRING_UTF8;

#endif
