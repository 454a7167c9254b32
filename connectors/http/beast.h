#pragma once

// Boost.Asio and Boost.Beast for the sources of this folder; compiled once, in beast.cc.
#define BOOST_ASIO_SEPARATE_COMPILATION
#define BOOST_BEAST_SEPARATE_COMPILATION
#ifdef __SANITIZE_THREAD__
#define BOOST_ASIO_DISABLE_FENCED_BLOCK  // the thread sanitizer knows no fences; locks do the work
#endif

// clang-format off
#include <utility>  // Boost 1.74's coroutine headers forget it

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
// clang-format on
