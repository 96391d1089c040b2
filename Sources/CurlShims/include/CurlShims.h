#ifndef CURL_SHIMS_H
#define CURL_SHIMS_H

#include <curl/curl.h>

// curl_easy_setopt and its like are variadic, which Swift cannot call.
CURLcode curl_shim_setopt_long(CURL *easy, CURLoption option, long value);

#endif
